#include "server/ctl/import_tally.h"

#include "server/ctl/utf8.h"

namespace nbo::ctl {
namespace {

constexpr size_t kMaxReasons = 1000;
constexpr size_t kMaxExampleBytes = 60;

}  // namespace

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
