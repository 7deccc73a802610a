#include <optional>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "core/base/limits.h"
#include "core/catalog/compile_internal.h"

namespace nbo {
namespace {

constexpr int kMinutesPerHour = 60;
constexpr int kMinutesPerDay = 24 * 60;

int Whole(absl::string_view field, const Text& text, int low, int high, FieldReader* read) {
  return static_cast<int>(read->Whole(field, text, low, high));
}

ChannelSet Channels(absl::string_view field, const std::vector<Text>& texts, FieldReader* read) {
  ChannelSet set = 0;
  for (const Text& text : texts) {
    if (const auto channel = read->ChannelNamed(field, text)) set |= ChannelBit(*channel);
  }
  return set;
}

// The window of a cap, from one of days and hours.
int WindowMinutes(const std::string& field, Place place, const std::optional<Text>& days,
                  const std::optional<Text>& hours, FieldReader* read) {
  if (days.has_value() == hours.has_value()) {
    read->Mistake(place, absl::StrCat(field, days ? ": days or hours, not both"
                                                  : ": in which time? give it days or hours: {max: 3, days: 7}"));
    return 1;
  }
  if (days) return kMinutesPerDay * Whole(field + ".days", *days, 1, kMaxContactPolicyDays, read);
  return kMinutesPerHour * Whole(field + ".hours", *hours, 1, 24 * kMaxContactPolicyDays, read);
}

ContactCap CompileCap(const ContactCapDraft& draft, FieldReader* read, ContactPolicy* policy) {
  const std::string field = "contact_policy.caps";
  ContactCap cap;
  cap.max = Whole(field + ".max", draft.max, 1, kMaxContactCap, read);
  cap.window_minutes = WindowMinutes(field, draft.place, draft.days, draft.hours, read);
  if (draft.channel) {
    cap.channel = read->ChannelNamed(field + ".channel", *draft.channel).value_or(Channel::kUnspecified);
  }
  if (draft.group && draft.offer) {
    read->Mistake(draft.offer->place, field + ": of a group or of offers, not both; write two caps");
  }
  if (draft.group && draft.group->value == "*") {
    cap.scope = ContactCap::Scope::kEachGroup;
  } else if (draft.group) {
    cap.scope = ContactCap::Scope::kGroup;
    cap.group = policy->NumberOfGroup(read->Slug(field + ".group", *draft.group));
  } else if (draft.offer) {
    cap.scope = ContactCap::Scope::kEachOffer;
    if (draft.offer->value != "*") {
      read->Mistake(draft.offer->place,
                    absl::StrCat(field,
                                 ".offer: only \"*\", each offer by itself, can stand here; for one offer, write "
                                 "'contact: {max: ..., days: ...}' at offer '",
                                 draft.offer->value, "'"));
    }
  }
  return cap;
}

// Each value replaces that of `base` if it is given.
ContactCooldowns CompileCooldowns(const std::string& field, const ContactCooldownsDraft& draft,
                                  const ContactCooldowns& base, FieldReader* read) {
  const auto number = [&](const char* name, const std::optional<Text>& text, int low, int high, uint16_t otherwise) {
    return text ? static_cast<uint16_t>(Whole(absl::StrCat(field, ".", name), *text, low, high, read)) : otherwise;
  };
  ContactCooldowns cooldowns;
  cooldowns.accepted_days = number("accepted_days", draft.accepted_days, 0, kMaxContactPolicyDays, base.accepted_days);
  cooldowns.declined_days = number("declined_days", draft.declined_days, 0, kMaxContactPolicyDays, base.declined_days);
  cooldowns.ignored_days = number("ignored_days", draft.ignored_days, 0, kMaxContactPolicyDays, base.ignored_days);
  cooldowns.ignored_times = number("ignored_times", draft.ignored_times, 1, kMaxIgnoredTimes, base.ignored_times);
  if (draft.ignored_times && cooldowns.ignored_days == 0 && !draft.ignored_days) {
    read->Mistake(draft.ignored_times->place,
                  absl::StrCat(field, ".ignored_times: for how long? give it ignored_days"));
  }
  if (draft.ignored_days && cooldowns.ignored_days != 0 && cooldowns.ignored_times == 0) {
    read->Mistake(draft.ignored_days->place,
                  absl::StrCat(field, ".ignored_days: after how many times in a row? give it ignored_times"));
  }
  return cooldowns;
}

// "21:00"; nullopt if it is no time of day.
std::optional<int16_t> TimeOfDay(const std::string& value) {
  const auto digits = [&value](size_t at) {
    const bool good = absl::ascii_isdigit(value[at]) && absl::ascii_isdigit(value[at + 1]);
    return good ? 10 * (value[at] - '0') + value[at + 1] - '0' : 100;
  };
  if (value.size() != 5 || value[2] != ':' || digits(0) > 23 || digits(3) > 59) return std::nullopt;
  return static_cast<int16_t>(60 * digits(0) + digits(3));
}

void CompileQuietHours(const QuietHoursDraft& draft, FieldReader* read, ContactPolicy* policy) {
  const std::string field = "contact_policy.quiet_hours";
  const auto time = [&](const char* name, const Text& text) {
    const auto minute = text.given ? TimeOfDay(text.value) : 0;
    if (!minute) {
      read->Mistake(text.place, absl::StrCat(field, ".", name, ": '", text.value,
                                             "' is no time of day; write \"00:00\" to \"23:59\""));
    }
    return minute;
  };
  const auto from = time("from", draft.from), to = time("to", draft.to);
  if (draft.from.given && draft.to.given && from && from == to) {
    read->Mistake(draft.to.place,
                  absl::StrCat(field, ": begins and ends at ", draft.to.value, "; write two different times"));
  }
  if (draft.channels.empty()) {
    read->Mistake(draft.place, field + ": which channels are silent? give it channels: [SMS, PUSH]");
  }
  policy->quiet_hours.push_back(
      {from.value_or(0), to.value_or(0), Channels(field + ".channels", draft.channels, read)});
}

void CompileReservations(const std::vector<ReservationMinutesDraft>& drafts, FieldReader* read, ContactPolicy* policy) {
  for (const bool of_default : {true, false}) {  // first what the others stand out from
    for (const ReservationMinutesDraft& draft : drafts) {
      if ((draft.channel == "default") != of_default) continue;
      const int minutes = Whole(absl::StrCat("contact_policy.reservation_minutes.", draft.channel), draft.minutes, 1,
                                kMaxReservationMinutes, read);
      if (of_default) {
        policy->reservation_minutes.fill(minutes);
      } else if (const auto channel = ChannelByName(draft.channel)) {
        policy->reservation_minutes[static_cast<size_t>(*channel)] = minutes;
      }
    }
  }
}

OfferContactPolicy CompileOfferContact(const OfferDraft& draft, const ContactPolicy& policy, FieldReader* read) {
  const std::string field = "offers.contact";
  OfferContactPolicy own;
  own.cooldowns = policy.cooldowns;
  if (!draft.contact) return own;
  const OfferContactDraft& contact = *draft.contact;
  own.cooldowns = CompileCooldowns(field, contact.cooldowns, policy.cooldowns, read);
  if (contact.max) {
    own.has_own_cap = true;
    own.own_max = Whole(field + ".max", *contact.max, 1, kMaxContactCap, read);
    own.own_window_minutes = WindowMinutes(field, contact.place, contact.days, contact.hours, read);
  } else if (contact.days || contact.hours) {
    read->Mistake((contact.days ? contact.days : contact.hours)->place,
                  field + ": how often in this time? give it max, too");
  }
  return own;
}

}  // namespace

void CompileContacts(const CatalogDraft& draft, FieldReader* read, Catalog* catalog) {
  const ContactPolicyDraft& from = draft.contact_policy;
  ContactPolicy& policy = catalog->contacts;
  if (from.caps.size() > kMaxContactCaps) {
    read->Mistake(from.caps[kMaxContactCaps].place,
                  absl::StrCat("contact_policy.caps: ", from.caps.size(), "; at most ", kMaxContactCaps));
  }
  if (from.quiet_hours.size() > kMaxQuietHours) {
    read->Mistake(from.quiet_hours[kMaxQuietHours].place,
                  absl::StrCat("contact_policy.quiet_hours: ", from.quiet_hours.size(), "; at most ", kMaxQuietHours));
  }
  for (const ContactCapDraft& cap : from.caps) policy.caps.push_back(CompileCap(cap, read, &policy));
  policy.cooldowns = CompileCooldowns("contact_policy.cooldowns", from.cooldowns, {}, read);
  for (const QuietHoursDraft& quiet : from.quiet_hours) CompileQuietHours(quiet, read, &policy);
  policy.consent_channels = Channels("contact_policy.consent", from.consent, read);
  policy.presumed_channels = Channels("contact_policy.presumed", from.presumed, read);
  CompileReservations(from.reservation_minutes, read, &policy);
  policy.offers.reserve(draft.offers.size());
  policy.positions.reserve(draft.offers.size());
  for (size_t i = 0; i < draft.offers.size(); ++i) {
    OfferContactPolicy own = CompileOfferContact(draft.offers[i], policy, read);
    own.group = policy.NumberOfGroup(catalog->offers[i].group);
    policy.AddOffer(catalog->offers[i].id, own);
  }
}

}  // namespace nbo
