#include "server/ctl/ack_ledger.h"

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "nbo/v1/event_service.pb.h"

namespace nbo::ctl {
namespace {

using nbo::v1::RecordPurchasesResponse;

// A message of a run that the answer names: all that was not simply accepted.
struct Named {
  int64_t sequence;
  Fate fate;
  // Position in the rejections, for kRejected.
  int rejection = 0;
};

const char* Verb(Fate fate) {
  switch (fate) {
    case Fate::kDuplicate: return "duplicate";
    case Fate::kCorrected: return "corrected";
    case Fate::kSuperseded: return "superseded";
    case Fate::kErased: return "of an erased customer";
    case Fate::kRejected: return "rejected";
    default: return "accepted";
  }
}

// Everything that the answer names, list by list.
std::vector<Named> ListNamed(const RecordPurchasesResponse& response) {
  std::vector<Named> named;
  const auto add = [&](Fate fate, const auto& sequences) {
    for (const int64_t sequence : sequences) named.push_back(Named{sequence, fate});
  };
  add(Fate::kDuplicate, response.duplicate_sequences());
  add(Fate::kCorrected, response.corrected_sequences());
  add(Fate::kSuperseded, response.superseded_sequences());
  add(Fate::kErased, response.erased_sequences());
  for (int i = 0; i < response.rejections_size(); ++i) {
    named.push_back(Named{response.rejections(i).sequence(), Fate::kRejected, i});
  }
  return named;
}

// Each list must ascend within the run (after, through].
absl::Status CheckOrder(const std::vector<Named>& named, int64_t after, int64_t through) {
  for (size_t i = 0; i < named.size(); ++i) {
    const bool begins = i == 0 || named[i - 1].fate != named[i].fate;
    const int64_t last = begins ? after : named[i - 1].sequence;
    if (named[i].sequence > last && named[i].sequence <= through) continue;
    return absl::InternalError(absl::StrCat("the server called message ", named[i].sequence, " ", Verb(named[i].fate),
                                            " in the run from ", after + 1, " to ", through,
                                            ", out of order or out of place"));
  }
  return absl::OkStatus();
}

// What the answer names, by number; INTERNAL if the answer cannot be.
absl::StatusOr<std::vector<Named>> ReadRun(const RecordPurchasesResponse& response, int64_t acknowledged,
                                           int64_t sent) {
  const int64_t through = response.acknowledged_through();
  if (through < acknowledged || through > sent) {
    return absl::InternalError(absl::StrCat("the server acknowledged message ", through, " of a stream of which ",
                                            acknowledged, " were acknowledged and ", sent, " sent"));
  }
  const int64_t run = through - acknowledged;
  std::vector<Named> named = ListNamed(response);
  const bool in_range = response.accepted_count() >= 0 && response.accepted_count() <= run;
  if (!in_range || response.accepted_count() + static_cast<int64_t>(named.size()) != run) {
    return absl::InternalError(absl::StrCat("the server answered a run of ", run, " receipts with ",
                                            response.accepted_count(), " accepted and ", named.size(), " others"));
  }
  if (absl::Status status = CheckOrder(named, acknowledged, through); !status.ok()) return status;
  std::sort(named.begin(), named.end(), [](const Named& a, const Named& b) { return a.sequence < b.sequence; });
  const auto twice = std::adjacent_find(named.begin(), named.end(),
                                        [](const Named& a, const Named& b) { return a.sequence == b.sequence; });
  if (twice == named.end()) return named;
  return absl::InternalError(absl::StrCat("the server called message ", twice->sequence, " ", Verb(twice->fate),
                                          " and ", Verb((twice + 1)->fate), " as well"));
}

absl::Status StatusOf(const RecordPurchasesResponse::Rejection& rejection) {
  const auto code = rejection.code() == 0 ? absl::StatusCode::kUnknown  // a rejection is never OK
                                          : static_cast<absl::StatusCode>(rejection.code());
  return absl::Status(code, rejection.message());
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

void AckLedger::Settle(uint32_t receipt, Fate fate) {
  if (fate != Fate::kRejected) rejections_.erase(receipt);
  fates_[receipt] = fate;
  ++counts_[static_cast<size_t>(fate)];
  ++settled_;
}

absl::Status AckLedger::Apply(const RecordPurchasesResponse& response, size_t sent) {
  const absl::StatusOr<std::vector<Named>> named = ReadRun(response, acknowledged_, sent);
  if (!named.ok()) return named.status();
  auto next = named->begin();
  const size_t through = static_cast<size_t>(response.acknowledged_through());
  for (; acknowledged_ < through; ++acknowledged_) {
    const uint32_t receipt = stream_[acknowledged_];
    if (next == named->end() || next->sequence != static_cast<int64_t>(acknowledged_ + 1)) {
      Settle(receipt, Fate::kAccepted);
      continue;
    }
    const Named& found = *next++;
    if (found.fate == Fate::kRejected) {
      const absl::Status& why = rejections_[receipt] = StatusOf(response.rejections(found.rejection));
      if (why.code() == absl::StatusCode::kUnavailable) continue;
    }
    Settle(receipt, found.fate);
  }
  return absl::OkStatus();
}

const absl::Status* AckLedger::rejection(size_t receipt) const {
  const auto found = rejections_.find(static_cast<uint32_t>(receipt));
  return found == rejections_.end() ? nullptr : &found->second;
}

void AckLedger::Close() {
  for (const auto& [receipt, status] : rejections_) {
    if (fates_[receipt] == Fate::kPending) Settle(receipt, Fate::kRejected);
  }
}

}  // namespace nbo::ctl
