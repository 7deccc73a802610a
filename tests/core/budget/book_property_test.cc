// Budgets against an auditor that keeps every event and recomputes everything from them.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include "core/budget/book.h"

namespace nbo {
namespace {

constexpr int64_t kStart = 1'800'000'000;  // a whole minute
constexpr uint64_t kOffers = 5;

enum class Kind { kReserve, kPresent, kSettle, kRelease };
struct Event {
  Kind kind;
  BudgetHold hold;
  absl::Time end;  // if presented
  int64_t actual_minor = 0;
};

class Auditor {
 public:
  void Note(const Event& event) { events_.push_back(event); }
  void Note(const std::vector<Event>& events) { events_.insert(events_.end(), events.begin(), events.end()); }

  // As BudgetBook::States.
  std::vector<BudgetState> StatesAt(absl::Time now) const {
    std::map<uint64_t, BudgetState> states;
    std::map<uint64_t, std::map<int32_t, HeldMinute>> holds;
    auto add = [&](uint64_t offer, absl::Time end, int64_t sign, int64_t minor) {
      const int64_t us = absl::ToUnixMicros(end);
      const auto minute = static_cast<int32_t>((us + 59'999'999) / 60'000'000);
      HeldMinute& held = holds[offer][minute];
      held.minute = minute;
      held.count += sign;
      held.minor += sign * minor;
    };
    for (const Event& e : events_) {
      BudgetState& state = states[e.hold.offer];
      state.offer = e.hold.offer;
      add(e.hold.offer, e.hold.end, e.kind == Kind::kReserve ? 1 : -1, e.hold.cost_minor);
      if (e.kind == Kind::kPresent) add(e.hold.offer, e.end, 1, e.hold.cost_minor);
      if (e.kind != Kind::kSettle) continue;
      ++state.spent_count;
      state.spent_minor += e.actual_minor;
      state.supplier_minor += e.actual_minor / 2;
    }
    std::vector<BudgetState> all;
    for (auto& [offer, state] : states) {
      for (const auto& [minute, held] : holds[offer]) {
        const bool over = absl::FromUnixSeconds(int64_t{minute} * 60) <= now;
        if (!over && held.count != 0) state.holds.push_back(held);
      }
      if (state.spent_count != 0 || !state.holds.empty()) all.push_back(state);
    }
    return all;
  }

  // Whether one more of each would be within the limits.
  static bool HasRoom(const std::vector<BudgetState>& states, const BudgetHold& hold, const BudgetLimits& limits) {
    int64_t count = 1, minor = hold.cost_minor;
    for (const BudgetState& state : states) {
      if (state.offer != hold.offer) continue;
      count += state.spent_count;
      minor += state.spent_minor;
      for (const HeldMinute& held : state.holds) {
        count += held.count;
        minor += held.minor;
      }
    }
    return count <= limits.count && minor <= limits.minor;
  }

 private:
  std::vector<Event> events_;
};

bool Tell(const Event& event, BudgetBook* book) {
  switch (event.kind) {
    case Kind::kReserve: book->Reserve(event.hold); return true;
    case Kind::kPresent: return book->Present(event.hold, event.end);
    case Kind::kSettle: return book->Settle(event.hold, event.actual_minor, event.actual_minor / 2);
    case Kind::kRelease: return book->Release(event.hold);
  }
  return false;
}

// A random life of five budgets.
class Life {
 public:
  explicit Life(uint64_t seed) : random_(seed) {}

  int64_t Below(int64_t count) { return static_cast<int64_t>(random_() % static_cast<uint64_t>(count)); }
  absl::Time now() const { return now_; }
  void Pass(absl::Duration time) { now_ += time; }

  std::vector<BudgetHold> Answer() {
    std::vector<BudgetHold> holds;
    for (uint64_t offer = 1; offer <= kOffers; ++offer) {
      if (Below(3) == 0) holds.push_back({offer, Below(300), now_ + absl::Seconds(1 + Below(1800))});
    }
    return holds;
  }
  void Reserved(const std::vector<BudgetHold>& holds) { live_.insert(live_.end(), holds.begin(), holds.end()); }
  // Something that becomes of one of those reserved, perhaps late.
  std::optional<Event> Outcome(bool dearer) {
    if (live_.empty()) return std::nullopt;
    const auto at = live_.begin() + Below(static_cast<int64_t>(live_.size()));
    Event event{static_cast<Kind>(1 + Below(3)), *at, now_ + absl::Seconds(1 + Below(100'000)), 0};
    event.actual_minor = dearer ? Below(400) : Below(at->cost_minor + 1);
    if (event.kind == Kind::kPresent) {
      at->end = event.end;
    } else {
      live_.erase(at);
    }
    return event;
  }

 private:
  std::mt19937_64 random_;
  absl::Time now_ = absl::FromUnixSeconds(kStart);
  std::vector<BudgetHold> live_;
};

std::vector<OfferBudget> Limits(int64_t count, int64_t minor) {
  std::vector<OfferBudget> budgets;
  for (uint64_t offer = 1; offer < kOffers; ++offer) {  // the last one has none
    budgets.push_back(
        {offer - 1, offer, {offer == 1 ? kNoLimit : count, offer == 2 ? kNoLimit : minor, kNoLimit}, 100});
  }
  return budgets;
}

BudgetLimits LimitsOf(const std::vector<OfferBudget>& budgets, uint64_t offer) {
  for (const OfferBudget& budget : budgets) {
    if (budget.offer == offer) return budget.limits;
  }
  return {};
}

TEST(BudgetBookProperty, AgreesWithTheAuditorAtEveryStep) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Life life(seed);
    Auditor auditor;
    BudgetBook book;
    std::vector<OfferBudget> limits = Limits(20, 2'000);
    auto gauge = book.SetLimits(kOffers, limits, life.now());
    int held = 0, refused = 0;
    for (int step = 0; step < 400; ++step) {
      if (life.Below(10) == 0) life.Pass(absl::Seconds(life.Below(600)));
      if (life.Below(50) == 0) {
        limits = Limits(10 + life.Below(40), 1'000 + life.Below(4'000));
        gauge = book.SetLimits(kOffers, limits, life.now());
      }
      if (life.Below(2) == 0) {
        const auto event = life.Outcome(/*dearer=*/true);
        if (!event) continue;
        ASSERT_TRUE(Tell(*event, &book)) << "step " << step;
        auditor.Note(*event);
      } else {
        const auto holds = life.Answer();
        const auto states = auditor.StatesAt(life.now());
        std::vector<size_t> expected;
        for (size_t i = 0; i < holds.size(); ++i) {
          if (!Auditor::HasRoom(states, holds[i], LimitsOf(limits, holds[i].offer))) expected.push_back(i);
        }
        ASSERT_EQ(book.TryReserve(holds, life.now()), expected) << "step " << step;
        ++(expected.empty() ? held : refused);
        if (!expected.empty()) continue;
        life.Reserved(holds);
        for (const BudgetHold& hold : holds) auditor.Note({Kind::kReserve, hold, {}, 0});
      }
      book.Expire(life.now());
      const auto states = auditor.StatesAt(life.now());
      ASSERT_EQ(book.States(life.now()), states) << "step " << step;
      for (const OfferBudget& b : limits) {
        const bool room = Auditor::HasRoom(states, {b.offer, b.cost_minor, {}}, b.limits);
        ASSERT_EQ(gauge->IsExhausted(b.position), !room) << "step " << step << ", offer " << b.offer;
      }
    }
    EXPECT_GT(held, 20);
    EXPECT_GT(refused, 5);
  }
}

TEST(BudgetBookProperty, AReplayAfterACheckpointGivesTheSameStates) {
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Life life(seed);
    BudgetBook book;
    book.SetLimits(kOffers, Limits(20, 2'000), life.now());
    std::vector<BudgetState> checkpoint;
    absl::Time checkpoint_time = life.now();
    std::vector<Event> after;  // the checkpoint
    for (int step = 0; step < 300; ++step) {
      life.Pass(absl::Seconds(life.Below(120)));
      if (life.Below(100) == 0) {
        checkpoint = book.States(life.now());
        checkpoint_time = life.now();
        after.clear();
      }
      if (life.Below(2) == 0) {  // else, nothing becomes of anything
        if (const auto event = life.Outcome(/*dearer=*/true)) {
          ASSERT_TRUE(Tell(*event, &book));
          after.push_back(*event);
        }
      }
      const auto holds = life.Answer();
      if (!book.TryReserve(holds, life.now()).empty()) continue;
      life.Reserved(holds);
      for (const BudgetHold& hold : holds) after.push_back({Kind::kReserve, hold, {}, 0});
    }
    BudgetBook restored;
    restored.Restore(checkpoint, checkpoint_time);
    for (const Event& event : after) ASSERT_TRUE(Tell(event, &restored));
    ASSERT_EQ(restored.States(life.now()), book.States(life.now()));
  }
}

TEST(BudgetBookProperty, ThreadsNeverOverspendAndLoseNothing) {
  constexpr int kThreads = 8;
  constexpr int64_t kCount = 4'000, kMinor = 500'000;
  BudgetBook book;
  const absl::Time start = absl::FromUnixSeconds(kStart);
  const std::vector<OfferBudget> limits = Limits(kCount, kMinor);
  book.SetLimits(kOffers, limits, start);
  std::atomic<int> running{kThreads};
  std::vector<std::vector<Event>> events(kThreads);
  std::vector<int> refused(kThreads), mistakes(kThreads);
  auto hammer = [&](int thread) {
    Life life(static_cast<uint64_t>(thread) + 1);
    for (int step = 0; step < 6'000; ++step) {
      const auto holds = life.Answer();
      if (book.TryReserve(holds, start).empty()) {
        life.Reserved(holds);
        for (const BudgetHold& hold : holds) events[thread].push_back({Kind::kReserve, hold, {}, 0});
      } else {
        ++refused[thread];
      }
      if (const auto event = life.Outcome(/*dearer=*/false)) {
        mistakes[thread] += !Tell(*event, &book);
        events[thread].push_back(*event);
      }
    }
    --running;
  };
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) threads.emplace_back(hammer, thread);
  int64_t looks = 0;
  do {
    for (const OfferBudget& budget : limits) {
      const BudgetFigures figures = book.Figures(budget.offer, start);
      EXPECT_LE(figures.spent_count + figures.held_count, budget.limits.count);
      EXPECT_LE(figures.spent_minor + figures.held_minor, budget.limits.minor);
      EXPECT_GE(figures.held_count, 0);
      ++looks;
    }
  } while (running > 0);
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(looks, 0);
  Auditor auditor;
  int all_refused = 0;
  for (int thread = 0; thread < kThreads; ++thread) {
    auditor.Note(events[thread]);
    EXPECT_EQ(mistakes[thread], 0);
    all_refused += refused[thread];
  }
  EXPECT_GT(all_refused, 1'000) << "the limits were hardly met";
  EXPECT_EQ(book.States(start), auditor.StatesAt(start));
  const BudgetFigures last = book.Figures(kOffers, start);
  EXPECT_GT(last.spent_count, kCount / 8) << "the one without limits went on";
}

TEST(BudgetBookProperty, ThreadsThatRaceWithTimeAgreeWithTheAuditorInTheEnd) {
  constexpr int kThreads = 8;
  BudgetBook book;
  std::atomic<int64_t> seconds{kStart};
  std::vector<std::vector<Event>> events(kThreads);
  std::atomic<int> mistakes{0};
  auto hammer = [&](int thread) {
    Life life(static_cast<uint64_t>(thread) + 100);
    for (int step = 0; step < 3'000; ++step) {
      const absl::Time now = absl::FromUnixSeconds(seconds.fetch_add(1));
      life.Pass(now - life.now());
      const auto holds = life.Answer();
      if (step % 100 == thread) book.SetLimits(kOffers, Limits(100 + life.Below(500), 50'000), now);
      if (step % 50 == thread) book.Expire(now);
      if (step % 70 == thread) book.TakeChanged(now);
      if (book.TryReserve(holds, now).empty()) {
        life.Reserved(holds);
        for (const BudgetHold& hold : holds) events[thread].push_back({Kind::kReserve, hold, {}, 0});
      }
      if (const auto event = life.Outcome(/*dearer=*/true)) {
        mistakes += !Tell(*event, &book);
        events[thread].push_back(*event);
      }
    }
  };
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) threads.emplace_back(hammer, thread);
  for (std::thread& thread : threads) thread.join();
  Auditor auditor;
  for (const auto& list : events) auditor.Note(list);
  const absl::Time end = absl::FromUnixSeconds(seconds);
  EXPECT_EQ(mistakes, 0);
  EXPECT_EQ(book.States(end), auditor.StatesAt(end));
}

}  // namespace
}  // namespace nbo
