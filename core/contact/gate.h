// The contact policy's gate: what may be said to this person, here, now. Built once for a request, then asked for each
// candidate.
//
// What counts for a cap: contacts that were presented, when they were, and reservations that live, from when they were
// made. Not: reservations that this very answer would take the place of (TakesPlaceOf). What lies later than now
// counts, too: it is a decision that overtook this one, or another's clock.
//
// A contact counts for the group that its offer was in when it was decided.
//
// Building takes about 10 ns a contact, Check 2 ns for an offer that the person was never told about. The gate points
// into what it was built from. Const functions may be called from any thread.
#ifndef NBO_CORE_CONTACT_GATE_H_
#define NBO_CORE_CONTACT_GATE_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "core/base/channel.h"
#include "core/base/limits.h"
#include "core/contact/contact.h"
#include "core/contact/policy.h"
#include "core/profile/consent.h"

namespace nbo {

// The rule of a contact policy that forbids.
enum class ContactRule : uint8_t {
  kNone,
  kQuietHours,
  kConsent,
  kOverallCap,  // also of the channel
  kAccepted,    // cooldowns of the offer
  kDeclined,
  kIgnored,
  kOwnCap,    // of the offer itself
  kOfferCap,  // the catalog's, for each offer
  kGroupCap,
};

// Meaningful only together with the gate that gave it.
struct ContactVerdict {
  ContactRule rule = ContactRule::kNone;
  int8_t number = -1;  // of the cap or the quiet hours in the policy
  uint8_t taken = 0;   // contacts of this very answer that filled the cap
  int32_t offer = -1;  // position; -1: it is about the whole request

  bool allowed() const { return rule == ContactRule::kNone; }
};

struct ContactCircumstances {
  Channel channel = Channel::kUnspecified;
  uint64_t terminal = 0;  // Hash64 of its id; 0: unknown
  uint64_t request = 0;   // Hash64 of its id; 0: it has none
  absl::Time now;
  absl::TimeZone zone;  // of the place of the request: quiet hours are local
};

class ContactGate {
 public:
  // `contacts`: of the person, ascending by IsBefore. `consents`: of the person's state.
  ContactGate(const ContactPolicy& policy, absl::Span<const Contact> contacts, absl::Span<const Consent> consents,
              const ContactCircumstances& circumstances);
  ContactGate(const ContactGate&) = delete;
  ContactGate& operator=(const ContactGate&) = delete;

  // Whether anything at all may be said: quiet hours, consent, caps of the channel and over all.
  const ContactVerdict& RequestVerdict() const { return request_verdict_; }

  // Whether the offer at a position of the catalog may be said, given that anything may: its cooldowns, its caps, and
  // the caps of its group.
  ContactVerdict Check(int32_t offer) const {
    const uint16_t last = last_of_offer_.empty() ? 0 : last_of_offer_[static_cast<size_t>(offer)];
    const uint16_t slot = slot_of_group_.empty() ? 0 : slot_of_group_[policy_.offers[static_cast<size_t>(offer)].group];
    if (last == 0 && full_caps_[slot] < 0) return {};
    return CheckTold(offer, last, slot);
  }

  // False: Check allows the offer, which was not told and whose group is not full. Most are such, and most of what a
  // decision looks at is asked about here.
  bool MayForbid(int32_t offer) const {
    return (told_ != nullptr && told_[offer] != 0) || (some_group_is_full_ && !Check(offer).allowed());
  }

  // One sentence for people, with the numbers met: "cap of 2 per 7 days for group 'pantry': 2 already (last 3 h ago at
  // POS); again in 4 days". Empty if the verdict allows.
  std::string Explain(const ContactVerdict& verdict) const;

  // When the rule of the verdict will let it pass again if nothing else happens; nullopt if that cannot be said.
  // Another rule may then still forbid it.
  std::optional<absl::Time> AgainAt(const ContactVerdict& verdict) const;

 private:
  friend class ContactAllowance;
  // How often something may still be said, and the cap that says so.
  struct Left {
    int32_t times = INT32_MAX;
    int8_t cap = -1;
  };
  // Of a cap: what counts for it now.
  struct Tally {
    const Contact* last = nullptr;
    absl::InlinedVector<int64_t, 8> leave_us;  // when each ceases to, unordered
  };

  bool IsCounted(const Contact& contact) const;
  bool BindsHere(const ContactCap& cap) const {
    return cap.channel == Channel::kUnspecified || cap.channel == here_.channel;
  }
  bool InCap(const ContactCap& cap, const Contact& contact) const;
  void SortCaps();
  void Count();
  void CountGroup(const Contact& contact);
  void LinkOffer(uint16_t number);
  void Conclude();
  ContactVerdict JudgeRequest(absl::Span<const Consent> consents);
  ContactVerdict CheckTold(int32_t offer, uint16_t last, uint16_t slot) const;
  ContactRule Cooldown(const ContactCooldowns& cooldowns, uint16_t last) const;
  int8_t FullOfferCap(uint16_t last) const;
  bool OwnCapIsFull(const OfferContactPolicy& own, uint16_t last) const;
  // The ignored in a row, newest first, of an offer whose last contact is `last`: how many, and since when the last.
  std::pair<int, int64_t> IgnoredInARow(uint16_t last) const;
  Left OverallLeft() const { return overall_left_; }
  Left GroupLeft(uint16_t group) const;

  ContactCap CapOf(const ContactVerdict& verdict) const;
  Tally TallyOf(const ContactVerdict& verdict) const;
  int64_t CooldownSince(const ContactVerdict& verdict) const;
  int CooldownDays(const ContactVerdict& verdict) const;
  std::optional<absl::Time> EndOfQuiet() const;
  std::string ExplainCap(const ContactVerdict& verdict) const;
  std::string ExplainCooldown(const ContactVerdict& verdict) const;
  std::string ExplainConsent() const;

  const ContactPolicy& policy_;
  const absl::Span<const Contact> contacts_;
  const absl::Span<const Consent> consents_;
  const ContactCircumstances here_;
  const int64_t now_us_;

  // Numbers of the caps that bind here, by scope, and since when each counts (later than that).
  using CapNumbers = absl::InlinedVector<int8_t, kMaxContactCaps>;
  CapNumbers overall_caps_, group_caps_, offer_caps_;
  std::array<int64_t, kMaxContactCaps> since_us_;
  std::array<int32_t, kMaxContactCaps> overall_counts_;
  Left overall_left_;
  ContactVerdict request_verdict_;

  // By position of the offer: the last of its contacts that counts, as its number in contacts_ plus 1; 0: there is
  // none. Empty if no offer has any.
  absl::InlinedVector<uint16_t, 256> last_of_offer_;
  const uint16_t* told_ = nullptr;  // last_of_offer_, nullptr if that is empty
  bool some_group_is_full_ = false;
  absl::InlinedVector<uint16_t, 64> earlier_;  // by number of a contact: the one of the same offer before, likewise
  // By number of the group: its slot; 0: it has no contact. Empty if no group has any.
  absl::InlinedVector<uint16_t, 64> slot_of_group_;
  absl::InlinedVector<int32_t, 64> group_counts_;       // by slot less 1, then by place in group_caps_
  absl::InlinedVector<uint16_t, 16> group_of_slot_{0};  // by slot
  absl::InlinedVector<int8_t, 16> full_caps_{-1};       // by slot: a cap of the group that is full; -1: none is
};

// What arbitration draws on while it chooses the offers of one answer: where a cap leaves room for two, the third is
// refused.
class ContactAllowance {
 public:
  // The gate must outlive it.
  explicit ContactAllowance(const ContactGate& gate) : gate_(gate) {}

  // Takes one contact with an offer for which RequestVerdict and Check allow it, each offer at most once. If the
  // verdict does not allow, nothing was taken.
  ContactVerdict Take(int32_t offer);

 private:
  const ContactGate& gate_;
  int32_t taken_ = 0;
  absl::InlinedVector<std::pair<uint16_t, int32_t>, 8> by_group_;
};

}  // namespace nbo

#endif  // NBO_CORE_CONTACT_GATE_H_
