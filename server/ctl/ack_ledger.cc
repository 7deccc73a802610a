#include "server/ctl/ack_ledger.h"

#include "absl/strings/str_cat.h"
#include "nbo/v1/event_service.pb.h"

namespace nbo::ctl {
namespace {

// A list of message numbers in an answer to the run (after, through]: each in the run, ascending.
template <typename List, typename Number>
absl::Status CheckNumbers(const char* verb, const List& list, Number number, int64_t after, int64_t through) {
  int64_t last = after;
  for (const auto& entry : list) {
    const int64_t sequence = number(entry);
    if (sequence <= last || sequence > through) {
      return absl::InternalError(absl::StrCat("the server ", verb, " message ", sequence, " in the run from ",
                                              after + 1, " to ", through, ", out of order or out of place"));
    }
    last = sequence;
  }
  return absl::OkStatus();
}

// No message may be both duplicate and rejected. Both lists ascend.
absl::Status CheckDisjoint(const nbo::v1::RecordPurchasesResponse& response) {
  auto rejection = response.rejections().begin();
  for (const int64_t duplicate : response.duplicate_sequences()) {
    while (rejection != response.rejections().end() && rejection->sequence() < duplicate) ++rejection;
    if (rejection != response.rejections().end() && rejection->sequence() == duplicate) {
      return absl::InternalError(
          absl::StrCat("the server called message ", duplicate, " a duplicate and rejected it as well"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckRun(const nbo::v1::RecordPurchasesResponse& response, int64_t acknowledged, int64_t sent) {
  const int64_t through = response.acknowledged_through();
  if (through < acknowledged || through > sent) {
    return absl::InternalError(absl::StrCat("the server acknowledged message ", through, " of a stream of which ",
                                            acknowledged, " were acknowledged and ", sent, " sent"));
  }
  const int64_t run = through - acknowledged;
  const int64_t duplicates = response.duplicate_sequences_size();
  const bool in_range = response.accepted_count() >= 0 && response.accepted_count() <= run;
  if (!in_range || response.accepted_count() + duplicates + response.rejections_size() != run) {
    return absl::InternalError(absl::StrCat("the server answered a run of ", run, " receipts with ",
                                            response.accepted_count(), " accepted, ", duplicates, " duplicate and ",
                                            response.rejections_size(), " rejected"));
  }
  absl::Status status = CheckNumbers(
      "rejected", response.rejections(), [](const auto& rejection) { return rejection.sequence(); }, acknowledged,
      through);
  status.Update(CheckNumbers(
      "called a duplicate", response.duplicate_sequences(), [](int64_t sequence) { return sequence; }, acknowledged,
      through));
  status.Update(CheckDisjoint(response));
  return status;
}

}  // namespace

const std::vector<uint32_t>& AckLedger::BeginStream() {
  stream_.clear();
  acknowledged_ = 0;
  for (size_t i = 0; i < fates_.size(); ++i) {
    if (fates_[i] == Fate::kPending) stream_.push_back(static_cast<uint32_t>(i));
  }
  return stream_;
}

absl::Status AckLedger::Apply(const nbo::v1::RecordPurchasesResponse& response, size_t sent) {
  if (absl::Status status = CheckRun(response, acknowledged_, sent); !status.ok()) return status;
  int next_rejection = 0;
  int next_duplicate = 0;
  const size_t through = static_cast<size_t>(response.acknowledged_through());
  for (; acknowledged_ < through; ++acknowledged_) {
    const uint32_t receipt = stream_[acknowledged_];
    const int64_t sequence = static_cast<int64_t>(acknowledged_ + 1);
    const bool rejected =
        next_rejection < response.rejections_size() && response.rejections(next_rejection).sequence() == sequence;
    if (!rejected) {
      const bool duplicate = next_duplicate < response.duplicate_sequences_size() &&
                             response.duplicate_sequences(next_duplicate) == sequence;
      if (duplicate) ++next_duplicate;
      rejections_.erase(receipt);
      fates_[receipt] = duplicate ? Fate::kDuplicate : Fate::kAccepted;
      ++settled_;
      continue;
    }
    const auto& rejection = response.rejections(next_rejection++);
    const auto code = rejection.code() == 0 ? absl::StatusCode::kUnknown  // a rejection is never OK
                                            : static_cast<absl::StatusCode>(rejection.code());
    const absl::Status status(code, rejection.message());
    rejections_[receipt] = status;
    if (status.code() == absl::StatusCode::kUnavailable) continue;
    fates_[receipt] = Fate::kRejected;
    ++settled_;
  }
  accepted_count_ += response.accepted_count();
  duplicate_count_ += response.duplicate_sequences_size();
  return absl::OkStatus();
}

const absl::Status* AckLedger::rejection(size_t receipt) const {
  const auto found = rejections_.find(static_cast<uint32_t>(receipt));
  return found == rejections_.end() ? nullptr : &found->second;
}

void AckLedger::Close() {
  for (const auto& [receipt, status] : rejections_) {
    if (fates_[receipt] != Fate::kPending) continue;
    fates_[receipt] = Fate::kRejected;
    ++settled_;
  }
}

}  // namespace nbo::ctl
