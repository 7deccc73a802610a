#include "tests/crash/ledger.h"

#include "absl/strings/str_cat.h"

namespace nbo::crash {
namespace {

constexpr size_t kNewest = 2000;
constexpr size_t kMistakesTold = 20;

const char* NameOf(Purpose purpose) {
  switch (purpose) {
    case Purpose::kFirst: return "sent for the first time";
    case Purpose::kAgain: return "sent again, never answered";
    case Purpose::kRepeat: return "sent again, acknowledged before";
    case Purpose::kConflict: return "sent with other content, acknowledged before";
  }
  return "";
}

const char* NameOf(Answer answer) {
  switch (answer) {
    case Answer::kAccepted: return "accepted";
    case Answer::kDuplicate: return "duplicate";
    case Answer::kInvalid: return "invalid";
    case Answer::kConflict: return "conflict";
    case Answer::kOther: return "refused";
  }
  return "";
}

}  // namespace

Ledger::Ledger(const EventShape& shape) : shape_(shape), random_(shape.seed ^ 0x1ed9e5) {}

std::optional<Task> Ledger::Next() {
  absl::MutexLock lock(&mutex_);
  if (!pending_.empty()) {
    const Task task = pending_.front();
    pending_.pop_front();
    return task;
  }
  if (draining_) return std::nullopt;
  const uint64_t dice = random_() % 100;
  if (dice < 6 && !newest_.empty()) {  // tills that retry, tills that reuse a number
    return Task{newest_[random_() % newest_.size()], dice < 1 ? Purpose::kConflict : Purpose::kRepeat};
  }
  fates_.push_back(Fate::kUnknown);
  ++counts_.events;
  return Task{fates_.size() - 1, Purpose::kFirst};
}

void Ledger::Mistake(const Task& task, Answer answer, const std::string& message) {
  if (mistakes_.size() >= kMistakesTold) return;
  mistakes_.push_back(
      absl::StrCat("event ", task.number, " (", NameOf(task.purpose), "): ", NameOf(answer), " ", message));
}

void Ledger::Note(const Task& task, Answer answer, const std::string& message) {
  const bool valid = MakeEvent(shape_, task.number).expected == Expected::kAccepted;
  absl::MutexLock lock(&mutex_);
  switch (task.purpose) {
    case Purpose::kFirst:
    case Purpose::kAgain: {
      const bool again = task.purpose == Purpose::kAgain;
      const bool recorded = answer == Answer::kAccepted || (again && answer == Answer::kDuplicate);
      if (valid && recorded) {
        fates_[task.number] = Fate::kRecorded;
        ++counts_.acknowledged;
        if (again) ++counts_.resent;
        if (again && answer == Answer::kDuplicate) ++counts_.resent_duplicates;
        newest_.push_back(task.number);
        if (newest_.size() > kNewest) newest_.pop_front();
      } else if (!valid && answer == Answer::kInvalid) {
        fates_[task.number] = Fate::kRefused;
        ++counts_.refused;
      } else {
        ++counts_.wrong;
        Mistake(task, answer, message);
      }
      return;
    }
    case Purpose::kRepeat:
      if (answer == Answer::kDuplicate) {
        ++counts_.repeats;
      } else {
        ++(answer == Answer::kAccepted ? counts_.lost : counts_.wrong);
        Mistake(task, answer, message);
      }
      return;
    case Purpose::kConflict:
      if (answer == Answer::kConflict) {
        ++counts_.conflicts;
      } else {
        ++(answer == Answer::kAccepted ? counts_.lost : counts_.wrong);
        Mistake(task, answer, message);
      }
      return;
  }
}

void Ledger::Unanswered(const Task& task) {
  absl::MutexLock lock(&mutex_);
  const bool unsettled = task.purpose == Purpose::kFirst || task.purpose == Purpose::kAgain;
  if (unsettled) pending_.push_back({task.number, Purpose::kAgain});
}

void Ledger::ProbeNewest(size_t count) {
  absl::MutexLock lock(&mutex_);
  for (size_t i = 0; i < count && i < newest_.size(); ++i) {
    pending_.push_front({newest_[newest_.size() - 1 - i], Purpose::kRepeat});
  }
}

void Ledger::BeginDrain() {
  absl::MutexLock lock(&mutex_);
  draining_ = true;
}

LedgerCounts Ledger::counts() const {
  absl::MutexLock lock(&mutex_);
  return counts_;
}

std::vector<std::string> Ledger::mistakes() const {
  absl::MutexLock lock(&mutex_);
  return mistakes_;
}

std::vector<uint64_t> Ledger::Recorded() const {
  absl::MutexLock lock(&mutex_);
  std::vector<uint64_t> numbers;
  for (uint64_t i = 0; i < fates_.size(); ++i) {
    if (fates_[i] == Fate::kRecorded) numbers.push_back(i);
  }
  return numbers;
}

}  // namespace nbo::crash
