// What may happen to one person, at random, and what follows from it, recomputed from the plain list of events: the
// reference that folds and gates are held against. Slow, and written without a look at either.
#ifndef NBO_TESTS_CORE_CONTACT_HISTORY_H_
#define NBO_TESTS_CORE_CONTACT_HISTORY_H_

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "core/contact/person_contacts.h"

namespace nbo {

inline constexpr int64_t kHourUs = int64_t{3600} * 1'000'000;
inline constexpr int64_t kStartUs = int64_t{1'700'000'000} * 1'000'000 / kHourUs * kHourUs;

struct OutcomeEvent {
  Contact contact;
  Outcome outcome;
};
struct ReleaseEvent {
  DecisionId decision;
  int rank = 0;
  int64_t time_us = 0;
};
using Event = std::variant<Reservation, OutcomeEvent, ReleaseEvent>;

// What is known of one contact, said plainly.
struct Told {
  Contact reserved;  // as it was reserved
  bool released = false;
  int64_t released_us = 0;
  std::optional<int64_t> presented_us, redeemed_us;
  std::vector<std::pair<int64_t, Answer>> answers;
  std::set<OutcomeKind> kinds;

  std::optional<std::pair<int64_t, Answer>> LastAnswer() const {
    std::optional<std::pair<int64_t, Answer>> last;
    for (const auto& answer : answers) {
      if (!last || answer > *last) last = answer;
    }
    return last;
  }
};
using Tolds = std::map<std::pair<DecisionId, int>, Told>;

// Of all events, in whatever order.
Tolds Recompute(const std::vector<Event>& events);
// As the fold keeps it at a moment: without what is over or too old.
std::vector<Contact> Kept(const Tolds& tolds, int64_t now_us);

// Random events over some weeks, on a grid of half hours, so that equal times and exact window lengths are frequent.
class RandomHistory {
 public:
  static constexpr int kOffers = 6;  // hashes 101 to 106
  static constexpr int kGroups = 2;  // hashes 201 and 202, and 0

  explicit RandomHistory(uint64_t seed) : random_(seed) {}

  int Below(int count) { return static_cast<int>(random_() % static_cast<uint64_t>(count)); }
  bool Chance(int percent) { return Below(100) < percent; }
  Channel AnyChannel();
  // Decisions in order of time, each outcome and release anywhere behind its decision.
  std::vector<Event> Events(int decisions);
  int64_t last_us() const { return last_us_; }

 private:
  Reservation AnyReservation(int64_t time_us, int number);
  void AddWhatBecame(const Reservation& reservation, std::vector<Event>* late);

  std::mt19937_64 random_;
  int64_t last_us_ = kStartUs;
};

// Folds one event; outcomes are taken in at `now_us`.
void Fold(const Event& event, int64_t now_us, PersonContacts* contacts);

}  // namespace nbo

#endif  // NBO_TESTS_CORE_CONTACT_HISTORY_H_
