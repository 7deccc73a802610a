#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/base/channel.h"
#include "core/base/limits.h"
#include "core/catalog/review_internal.h"

namespace nbo {
namespace {

constexpr int64_t kHoursPerDay = 24;

// A cap as written, if it could be read. Views point into the draft.
struct Cap {
  enum Scope { kOverall, kGroup, kEachGroup, kEachOffer, kOwn } scope = kOverall;
  absl::string_view channel, group;  // empty: every; of kOwn: the group of the offer
  int64_t max = 0;
  int64_t hours = 0;
  Place place;
};

int64_t NumberOf(const std::optional<Text>& text) {
  int64_t number = 0;
  return text && absl::SimpleAtoi(text->value, &number) ? number : 0;
}

// nullopt if a number is wrong, of which CompileCatalog tells.
std::optional<Cap> Sized(Cap cap, const std::optional<Text>& max, const std::optional<Text>& days,
                         const std::optional<Text>& hours) {
  cap.max = NumberOf(max);
  cap.hours = days ? kHoursPerDay * std::min<int64_t>(NumberOf(days), kMaxContactPolicyDays) : NumberOf(hours);
  if (cap.max <= 0 || cap.hours <= 0) return std::nullopt;
  return cap;
}

std::optional<Cap> CapOf(const ContactCapDraft& draft) {
  Cap cap;
  cap.place = draft.place;
  if (draft.channel) cap.channel = draft.channel->value;
  if (draft.group) {
    cap.scope = draft.group->value == "*" ? Cap::kEachGroup : Cap::kGroup;
    if (cap.scope == Cap::kGroup) cap.group = draft.group->value;
  } else if (draft.offer) {
    cap.scope = Cap::kEachOffer;
  }
  return Sized(cap, draft.max, draft.days, draft.hours);
}

std::optional<Cap> OwnCapOf(const OfferDraft& offer) {
  Cap cap;
  cap.scope = Cap::kOwn;
  cap.place = offer.contact->place;
  if (offer.group) cap.group = offer.group->value;
  return Sized(cap, offer.contact->max, offer.contact->days, offer.contact->hours);
}

// True if whatever counts for `b` counts for `a`, and whatever `b` binds `a` binds, too.
bool Covers(const Cap& a, const Cap& b) {
  if (!a.channel.empty() && a.channel != b.channel) return false;
  switch (a.scope) {
    case Cap::kOverall: return true;
    case Cap::kGroup: return (b.scope == Cap::kGroup || b.scope == Cap::kOwn) && a.group == b.group;
    case Cap::kEachGroup:
      return b.scope == Cap::kGroup || b.scope == Cap::kEachGroup || (b.scope == Cap::kOwn && !b.group.empty());
    case Cap::kEachOffer: return b.scope == Cap::kEachOffer;
    case Cap::kOwn: return false;
  }
  return false;
}

// True if `a` is full before `b` is, or when it is.
bool IsStricter(const Cap& a, const Cap& b) { return Covers(a, b) && a.max <= b.max && a.hours >= b.hours; }

std::string TimeText(int64_t hours) {
  const bool days = hours % kHoursPerDay == 0;
  const int64_t count = days ? hours / kHoursPerDay : hours;
  return absl::StrCat(count, days ? " day" : " hour", count == 1 ? "" : "s");
}

class Reviewer {
 public:
  Reviewer(const CatalogDraft& draft, CatalogReview* review) : draft_(draft), review_(*review) {
    for (const OfferDraft& offer : draft.offers) {
      if (offer.group) groups_.insert(offer.group->value);
      for (const TreatmentDraft& treatment : offer.treatments) channels_.insert(treatment.channel.value);
    }
  }

  void Review() {
    for (const ContactCapDraft& draft : draft_.contact_policy.caps) {
      ReviewNames(draft);
      if (const auto cap = CapOf(draft)) ReviewCap("contact_policy.caps", *cap);
    }
    ReviewCooldowns("contact_policy.cooldowns", draft_.contact_policy.cooldowns);
    for (const OfferDraft& offer : draft_.offers) {
      if (!offer.contact) continue;
      if (const auto cap = OwnCapOf(offer)) ReviewCap("offers.contact", *cap);
      ReviewCooldowns("offers.contact", offer.contact->cooldowns);
      ReviewEmpty(*offer.contact);
    }
  }

 private:
  void Warn(Place place, std::string message) { review_.warnings.push_back(At(place, std::move(message))); }

  void ReviewNames(const ContactCapDraft& draft) {
    if (draft.group && draft.group->value != "*" && groups_.count(draft.group->value) == 0) {
      const std::vector<absl::string_view> known(groups_.begin(), groups_.end());
      Warn(draft.group->place, absl::StrCat("contact_policy.caps.group: no offer is in group '", draft.group->value,
                                            "'; the cap binds nothing", DidYouMean(draft.group->value, known)));
    }
    if (draft.channel && ChannelByName(draft.channel->value) && channels_.count(draft.channel->value) == 0) {
      Warn(draft.channel->place, absl::StrCat("contact_policy.caps.channel: no offer has a text for ",
                                              draft.channel->value, "; the cap binds nothing"));
    }
  }

  void ReviewCap(const std::string& field, const Cap& cap) {
    if (cap.max > static_cast<int64_t>(kMaxContactsPerCustomer)) {
      return Warn(cap.place, absl::StrCat(field, ": can never bind: of a customer, the last ", kMaxContactsPerCustomer,
                                          " contacts are kept"));
    }
    if (cap.hours > kHoursPerDay * kMaxContactAgeDays) {
      Warn(cap.place, absl::StrCat(field, ": counts ", kMaxContactAgeDays, " days only, of ", TimeText(cap.hours),
                                   ": older contacts are forgotten"));
    }
    for (const ContactCapDraft& draft : draft_.contact_policy.caps) {
      const auto other = CapOf(draft);
      if (!other || IsSame(*other, cap) || !IsStricter(*other, cap)) continue;
      // Of two alike, the later is one too many.
      if (IsStricter(cap, *other) && !ComesBefore(other->place, cap.place)) continue;
      return Warn(cap.place, absl::StrCat(field, ": can never bind: line ", other->place.line, " allows at most ",
                                          other->max, " in ", TimeText(other->hours), " already"));
    }
  }

  static bool ComesBefore(Place a, Place b) { return a.line != b.line ? a.line < b.line : a.column < b.column; }
  static bool IsSame(const Cap& a, const Cap& b) {
    return a.scope == b.scope && a.place.line == b.place.line && a.place.column == b.place.column;
  }

  void ReviewCooldowns(const std::string& field, const ContactCooldownsDraft& cooldowns) {
    for (const auto* days : {&cooldowns.accepted_days, &cooldowns.declined_days, &cooldowns.ignored_days}) {
      if (NumberOf(*days) <= kMaxContactAgeDays) continue;
      Warn((*days)->place, absl::StrCat(field, ": rests ", kMaxContactAgeDays, " days at most, not ", (*days)->value,
                                        ": older contacts are forgotten"));
    }
  }

  void ReviewEmpty(const OfferContactDraft& contact) {
    const ContactCooldownsDraft& c = contact.cooldowns;
    for (const auto* text : {&contact.max, &contact.days, &contact.hours, &c.accepted_days, &c.declined_days,
                             &c.ignored_times, &c.ignored_days}) {
      if (*text) return;
    }
    Warn(contact.place, "offers.contact: says nothing; give it a cap or a cooldown, or leave it out");
  }

  const CatalogDraft& draft_;
  CatalogReview& review_;
  std::set<absl::string_view> groups_, channels_;
};

}  // namespace

void ReviewContacts(const CatalogDraft& draft, CatalogReview* review) { Reviewer(draft, review).Review(); }

}  // namespace nbo
