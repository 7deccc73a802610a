#include "server/ctl/import_tally.h"

#include "server/ctl/utf8.h"

namespace nbo::ctl {
namespace {

constexpr size_t kMaxReasons = 1000;
constexpr size_t kMaxExampleBytes = 60;

}  // namespace

int64_t& CountOf(FateCounts& counts, Fate fate) {
  switch (fate) {
    case Fate::kPending: break;
    case Fate::kAccepted: return counts.accepted;
    case Fate::kDuplicate: return counts.duplicate;
    case Fate::kCorrected: return counts.corrected;
    case Fate::kSuperseded: return counts.superseded;
    case Fate::kErased: return counts.erased;
    case Fate::kRejected: return counts.rejected;
  }
  return counts.unanswered;
}

void ReasonList::Add(absl::string_view text, int64_t lines, LineOrigin origin, absl::string_view example) {
  const auto found = by_text_.find(text);
  if (found != by_text_.end()) {
    reasons_[found->second].lines += lines;
    return;
  }
  if (reasons_.size() >= kMaxReasons) {
    other_lines_ += lines;
    return;
  }
  by_text_.emplace(std::string(text), reasons_.size());
  reasons_.push_back(Reason{std::string(text), lines, origin, CleanUtf8(example, kMaxExampleBytes)});
}

}  // namespace nbo::ctl
