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
    case Answer::kCorrected: return "corrected";
    case Answer::kSuperseded: return "superseded";
    case Answer::kInvalid: return "invalid";
    case Answer::kConflict: return "conflict";
    case Answer::kOther: return "refused";
  }
  return "";
}

}  // namespace

Ledger::Ledger(const EventShape& shape) : shape_(shape), random_(shape.seed ^ 0x1ed9e5) {}

Ledger::Others Ledger::OthersOf(const Revision& revision) const {
  Others others;
  auto it = revisions_.find(revision.receipt);
  if (it == revisions_.end()) return others;
  for (const Sent& sent : it->second) {
    const bool recorded = fates_[sent.number] == Fate::kRecorded;
    if (sent.revision < revision.revision) {
      others.lower_sent = true;
      others.lower_recorded |= recorded;
    } else if (sent.revision > revision.revision) {
      others.higher_sent = true;
      others.higher_recorded |= recorded;
    }
  }
  return others;
}

Task Ledger::HandOut(Task task) {
  const auto revision = RevisionOf(shape_, task.number);
  if (!revision.has_value()) return task;
  if (task.purpose == Purpose::kFirst) revisions_[revision->receipt].push_back({task.number, revision->revision});
  const Others others = OthersOf(*revision);
  task.after_lower = others.lower_recorded;
  task.after_higher = others.higher_recorded;
  return task;
}

std::optional<Task> Ledger::Next() {
  absl::MutexLock lock(&mutex_);
  if (!pending_.empty()) {
    const Task task = pending_.front();
    pending_.pop_front();
    return HandOut(task);
  }
  if (draining_) return std::nullopt;
  const uint64_t dice = random_() % 100;
  if (dice < 6 && !newest_.empty()) {  // tills that retry, tills that reuse a number
    const uint64_t number = newest_[random_() % newest_.size()];
    return Task{number, dice < 1 && RevisionOf(shape_, number) ? Purpose::kConflict : Purpose::kRepeat};
  }
  fates_.push_back(Fate::kUnknown);
  ++counts_.events;
  return HandOut({fates_.size() - 1, Purpose::kFirst});
}

void Ledger::Mistake(const Task& task, Answer answer, const std::string& message) {
  if (mistakes_.size() >= kMistakesTold) return;
  mistakes_.push_back(
      absl::StrCat("event ", task.number, " (", NameOf(task.purpose), "): ", NameOf(answer), " ", message));
}

// Whether the server may say this of an event that is sent for the first time, or was never answered.
bool Ledger::IsRight(const Task& task, const std::optional<Revision>& revision, Answer answer) const {
  if (answer == Answer::kDuplicate) return !revision.has_value() || task.purpose == Purpose::kAgain;
  if (!revision.has_value()) return answer == Answer::kAccepted;
  // Revisions that are under way may be recorded before or after this one; those acknowledged before it was sent are
  // there, and leave one answer only.
  const Others others = OthersOf(*revision);
  switch (answer) {
    case Answer::kAccepted: return !task.after_lower && !task.after_higher;
    case Answer::kCorrected: return others.lower_sent && !task.after_higher;
    case Answer::kSuperseded: return others.higher_sent;
    default: return false;
  }
}

void Ledger::Settle(const Task& task, bool receipt, Answer answer) {
  fates_[task.number] = Fate::kRecorded;
  ++counts_.acknowledged;
  if (!receipt) ++counts_.statements;
  if (answer == Answer::kCorrected) ++counts_.corrected;
  if (answer == Answer::kSuperseded) ++counts_.superseded;
  if (task.purpose == Purpose::kAgain) {
    ++counts_.resent;
    if (answer == Answer::kDuplicate) ++counts_.resent_duplicates;
  }
  newest_.push_back(task.number);
  if (newest_.size() > kNewest) newest_.pop_front();
}

void Ledger::Note(const Task& task, Answer answer, const std::string& message) {
  const bool valid = MakeEvent(shape_, task.number).expected == Expected::kAccepted;
  const auto revision = RevisionOf(shape_, task.number);
  absl::MutexLock lock(&mutex_);
  bool right = false;
  switch (task.purpose) {
    case Purpose::kFirst:
    case Purpose::kAgain:
      right = valid ? IsRight(task, revision, answer) : answer == Answer::kInvalid;
      if (right && valid) Settle(task, revision.has_value(), answer);
      if (right && !valid) {
        fates_[task.number] = Fate::kRefused;
        ++counts_.refused;
      }
      break;
    case Purpose::kRepeat:
      right = answer == Answer::kDuplicate;
      if (right) ++counts_.repeats;
      break;
    case Purpose::kConflict:
      right = answer == Answer::kConflict;
      if (right) ++counts_.conflicts;
      break;
  }
  if (right) return;
  // New to the server, though it, or another revision that this one does not agree with, was acknowledged.
  ++(valid && IsRecorded(answer) ? counts_.lost : counts_.wrong);
  Mistake(task, answer, message);
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
