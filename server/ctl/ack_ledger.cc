#include "server/ctl/ack_ledger.h"

#include "absl/strings/str_cat.h"
#include "nbo/v1/event_service.pb.h"

namespace nbo::ctl {
namespace {

absl::Status CheckRun(const nbo::v1::RecordPurchasesResponse& response, int64_t acknowledged, int64_t sent) {
  const int64_t through = response.acknowledged_through();
  if (through < acknowledged || through > sent) {
    return absl::InternalError(absl::StrCat("the server acknowledged message ", through, " of a stream of which ",
                                            acknowledged, " were acknowledged and ", sent, " sent"));
  }
  const int64_t run = through - acknowledged;
  const bool in_range = response.accepted_count() >= 0 && response.accepted_count() <= run &&
                        response.duplicate_count() >= 0 && response.duplicate_count() <= run;
  if (!in_range || response.accepted_count() + response.duplicate_count() + response.rejections_size() != run) {
    return absl::InternalError(absl::StrCat("the server answered a run of ", run, " receipts with ",
                                            response.accepted_count(), " accepted, ", response.duplicate_count(),
                                            " duplicate and ", response.rejections_size(), " rejected"));
  }
  int64_t last = acknowledged;
  for (const auto& rejection : response.rejections()) {
    if (rejection.sequence() <= last || rejection.sequence() > through) {
      return absl::InternalError(absl::StrCat("the server rejected message ", rejection.sequence(), " in the run from ",
                                              acknowledged + 1, " to ", through));
    }
    last = rejection.sequence();
  }
  return absl::OkStatus();
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
  Fate recorded = Fate::kAcceptedOrDuplicate;
  if (response.duplicate_count() == 0) recorded = Fate::kAccepted;
  if (response.accepted_count() == 0) recorded = Fate::kDuplicate;
  int next_rejection = 0;
  const size_t through = static_cast<size_t>(response.acknowledged_through());
  for (; acknowledged_ < through; ++acknowledged_) {
    const uint32_t receipt = stream_[acknowledged_];
    const bool rejected = next_rejection < response.rejections_size() &&
                          response.rejections(next_rejection).sequence() == static_cast<int64_t>(acknowledged_ + 1);
    if (!rejected) {
      rejections_.erase(receipt);
      fates_[receipt] = recorded;
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
  duplicate_count_ += response.duplicate_count();
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
