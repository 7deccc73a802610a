// A contact: one offer that one person was told, or is about to be told.
//
// Its life: reserved by a decision, until it expires -> presented -> accepted, declined or dismissed (the latest holds)
// -> redeemed. A reservation that was released, or expired before it was presented, counts for nothing. What happened
// counts however late it is known: also after the reservation was over, and also if that exceeds a cap.
//
// Times are whole microseconds since 1970 rather than absl::Time: a gate compares hundreds of them for every request.
#ifndef NBO_CORE_CONTACT_CONTACT_H_
#define NBO_CORE_CONTACT_CONTACT_H_

#include <cstdint>

#include "absl/time/time.h"
#include "core/base/channel.h"
#include "core/decision/decision_id.h"

namespace nbo {

inline constexpr int64_t kNever = INT64_MAX;

// What became of it, as told by channels. Values are persisted: they never change.
enum class OutcomeKind : uint8_t {
  kUnspecified = 0,
  kDelivered = 1,  // has reached the device
  kRendered = 2,
  kSeen = 3,
  kSpoken = 4,
  kClicked = 5,
  kAccepted = 6,
  kDeclined = 7,
  kDismissed = 8,
  kRedeemed = 9,
};
inline constexpr int kOutcomeKindCount = 10;

// Sets of kinds: a bit for each. Persisted.
constexpr uint16_t KindBit(OutcomeKind kind) { return static_cast<uint16_t>(1U << static_cast<int>(kind)); }

// True of channels that bring an offer to a person (e-mail, SMS, push, messenger, courier); to the others a person
// comes.
bool IsOutbound(Channel channel);

// True if the person was told by it. Whoever answers was; what is brought to a person (e-mail, SMS, push, messenger,
// courier) takes attention when it arrives, but a screen or a cashier may be passed by.
bool Presents(OutcomeKind kind, Channel channel);

// The person's answer. Values are persisted, and decide which of two of the same moment holds: the greater.
enum class Answer : uint8_t { kNone = 0, kDismissed = 1, kAccepted = 2, kDeclined = 3 };

struct Outcome {
  OutcomeKind kind = OutcomeKind::kUnspecified;
  int64_t time_us = 0;  // when it happened, and not later than it was received: the caller sees to that

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

// Ids are hashes (Hash64): the catalog may be replaced while a contact lives.
struct Contact {
  DecisionId decision;
  uint64_t offer = 0;     // of the offer's id
  uint64_t group = 0;     // of the offer's group when it was decided; 0: it had none
  uint64_t terminal = 0;  // of the terminal's id; 0: none was said
  uint64_t request = 0;   // of the request's id; 0: it had none
  uint16_t rank = 0;      // place in the answer, from 1
  Channel channel = Channel::kUnspecified;
  Answer answer = Answer::kNone;
  bool has_budget : 1 = false;   // a part of the offer's budget was held for it
  uint16_t told : 15 = 0;        // what was told of it: KindBit of each
  int16_t attribution_days = 0;  // how long after its presentation it can be redeemed
  int64_t cost_minor = 0;        // what was held: the expected cost; 0 without a budget
  int64_t reserve_us = 0;        // when it was decided
  int64_t expire_us = 0;         // until when the device may show it; the reservation lives before, not at this time
  int64_t release_us = kNever;
  int64_t present_us = kNever;  // first; not before reserve_us
  int64_t answer_us = kNever;   // kNever if and only if there is no answer; not before reserve_us
  int64_t redeem_us = kNever;   // first; not before reserve_us

  bool presented() const { return present_us != kNever; }
  bool redeemed() const { return redeem_us != kNever; }
  bool WasTold(OutcomeKind kind) const { return (told & KindBit(kind)) != 0; }
  // Reserved and not yet presented, and neither released nor expired.
  bool IsReserved(int64_t now_us) const { return !presented() && release_us == kNever && now_us < expire_us; }
  bool Counts(int64_t now_us) const { return presented() || IsReserved(now_us); }
  // When it counts for caps; only if Counts.
  int64_t count_us() const { return presented() ? present_us : reserve_us; }
  // Presented, its time is over, and the person gave no answer.
  bool IsIgnored(int64_t now_us) const {
    return presented() && expire_us <= now_us && answer == Answer::kNone && !redeemed();
  }
  // Since when; only if IsIgnored.
  int64_t ignored_us() const { return present_us > expire_us ? present_us : expire_us; }
  // When the person last took it: accepted or redeemed it; kNever if not.
  int64_t accept_us() const {
    if (answer != Answer::kAccepted) return redeem_us;
    return redeemed() && redeem_us > answer_us ? redeem_us : answer_us;
  }
  // When the person turned it down; kNever if not, or if it was redeemed all the same.
  int64_t decline_us() const { return answer == Answer::kDeclined && !redeemed() ? answer_us : kNever; }

  friend bool operator==(const Contact&, const Contact&) = default;
};

// Contacts are ordered by decision, and by rank within: nearly by time.
inline bool IsBefore(const Contact& a, const Contact& b) {
  return a.decision != b.decision ? a.decision < b.decision : a.rank < b.rank;
}

// A device shows one answer at a time: true if an answer to `request`, in `channel` on `terminal`, takes the place of
// what `contact` reserved there. Not if the terminal is unknown, nor for the same request: its answer is given again.
inline bool TakesPlaceOf(Channel channel, uint64_t terminal, uint64_t request, const Contact& contact) {
  return terminal != 0 && contact.terminal == terminal && contact.channel == channel &&
         (request == 0 || contact.request != request);
}

// What is known of one contact from two sides: of equal decision, rank and offer. True if *into changes. In any order
// and however often, the result is the same.
bool Join(const Contact& from, Contact* into);

// Takes in what happened. True if the contact changes: if nothing of that kind was told of it, or what was told says
// less, as a presentation at a later time does. In any order and however often, the result is the same.
bool Join(const Outcome& outcome, Contact* into);

// The kinds that must have been told for the contact to be as it is: which answer there is, and that it was redeemed.
// By what it was presented cannot be seen from it.
uint16_t ImpliedKinds(const Contact& contact);

}  // namespace nbo

#endif  // NBO_CORE_CONTACT_CONTACT_H_
