// What the server has said of every event. The harness believes nothing else.
#ifndef NBO_TESTS_CRASH_LEDGER_H_
#define NBO_TESTS_CRASH_LEDGER_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "tests/crash/events.h"

namespace nbo::crash {

// Why an event is sent.
enum class Purpose {
  kFirst,     // it is new
  kAgain,     // it was sent, the answer got lost: may have been recorded or not
  kRepeat,    // it was acknowledged: must be a duplicate
  kConflict,  // it was acknowledged, other content: must be refused
};

// One message to send.
struct Task {
  uint64_t number = 0;
  Purpose purpose = Purpose::kFirst;
  // Of a receipt: a lower, a higher revision of it was acknowledged before this is sent.
  bool after_lower = false, after_higher = false;
};

// What the server answered. For a statement: accepted if it changed something, else duplicate.
enum class Answer { kAccepted, kDuplicate, kCorrected, kSuperseded, kInvalid, kConflict, kOther };

// Whether the answer says that the event is on disk.
inline bool IsRecorded(Answer answer) { return answer <= Answer::kSuperseded; }

struct LedgerCounts {
  uint64_t events = 0;        // handed out
  uint64_t acknowledged = 0;  // recorded, as the server said
  uint64_t refused = 0;
  uint64_t corrected = 0, superseded = 0;  // receipts acknowledged as such
  uint64_t statements = 0;                 // links, merges, consents acknowledged
  uint64_t repeats = 0, conflicts = 0;     // sent on purpose, answered rightly
  uint64_t resent = 0;                     // of which the server had never spoken
  uint64_t resent_duplicates = 0;          // ... that it had recorded all the same
  uint64_t lost = 0;                       // acknowledged, then not known
  uint64_t wrong = 0;                      // any other answer that cannot be
};

// What a client is to send, and who learns what became of it. Thread-safe.
class Script {
 public:
  virtual ~Script() = default;
  // Nullopt: there is nothing more.
  virtual std::optional<Task> Next() = 0;
  virtual void Note(const Task& task, Answer answer, const std::string& message) = 0;
  // The task was handed out and will never be answered.
  virtual void Unanswered(const Task& task) = 0;
};

class Ledger : public Script {
 public:
  explicit Ledger(const EventShape& shape);

  std::optional<Task> Next() override;
  void Note(const Task& task, Answer answer, const std::string& message) override;
  void Unanswered(const Task& task) override;
  // Puts what was acknowledged last before a crash first in line: that is what can have been lost.
  void ProbeNewest(size_t count);
  // From now on nothing new is handed out, only what is unsettled.
  void BeginDrain();

  LedgerCounts counts() const;
  // The first few mistakes in words, with the events' numbers.
  std::vector<std::string> mistakes() const;
  // Numbers of all recorded events, ascending.
  std::vector<uint64_t> Recorded() const;

 private:
  enum class Fate : uint8_t { kUnknown, kRecorded, kRefused };
  // One revision of a receipt that was handed out.
  struct Sent {
    uint64_t number;
    int32_t revision;
  };
  // What else is known of the receipt.
  struct Others {
    bool lower_recorded = false, higher_recorded = false;
    bool lower_sent = false, higher_sent = false;  // recorded, or perhaps
  };
  Others OthersOf(const Revision& revision) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Task HandOut(Task task) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsRight(const Task& task, const std::optional<Revision>& revision, Answer answer) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Settle(const Task& task, bool receipt, Answer answer) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Mistake(const Task& task, Answer answer, const std::string& message) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const EventShape shape_;
  mutable absl::Mutex mutex_;
  std::vector<Fate> fates_ ABSL_GUARDED_BY(mutex_);                                     // by number
  absl::flat_hash_map<uint64_t, std::vector<Sent>> revisions_ ABSL_GUARDED_BY(mutex_);  // by receipt
  std::deque<Task> pending_ ABSL_GUARDED_BY(mutex_);
  std::deque<uint64_t> newest_ ABSL_GUARDED_BY(mutex_);  // acknowledged last, at most kNewest
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  LedgerCounts counts_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> mistakes_ ABSL_GUARDED_BY(mutex_);
  std::mt19937_64 random_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace nbo::crash

#endif  // NBO_TESTS_CRASH_LEDGER_H_
