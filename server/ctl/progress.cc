#include "server/ctl/progress.h"

#include <algorithm>
#include <ostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace nbo::ctl {
namespace {

constexpr int kBarWidth = 30;
constexpr absl::Duration kBarInterval = absl::Milliseconds(100);
constexpr absl::Duration kLineInterval = absl::Seconds(2);
constexpr double kBytesPerMegabyte = 1e6;

std::string FormatAmount(const ProgressSample& sample) {
  if (sample.unit == "bytes") {
    if (sample.total <= 0) return absl::StrFormat("%.1f MB", sample.done / kBytesPerMegabyte);
    return absl::StrFormat("%.1f/%.1f MB", sample.done / kBytesPerMegabyte, sample.total / kBytesPerMegabyte);
  }
  if (sample.total <= 0) return absl::StrFormat("%d %s", sample.done, sample.unit);
  return absl::StrFormat("%d/%d %s", sample.done, sample.total, sample.unit);
}

}  // namespace

std::string FormatProgress(const ProgressSample& sample, int bar_width) {
  std::string text(sample.label);
  const double share =
      sample.total > 0 ? std::clamp(static_cast<double>(sample.done) / static_cast<double>(sample.total), 0.0, 1.0) : 0;
  if (sample.total > 0 && bar_width > 0) {
    const int filled = static_cast<int>(share * bar_width);
    absl::StrAppend(&text, " [", std::string(filled, '#'), std::string(bar_width - filled, ' '), "]");
  }
  if (sample.total > 0) absl::StrAppendFormat(&text, " %3d %%", static_cast<int>(share * 100));
  absl::StrAppend(&text, "  ", FormatAmount(sample));
  const double seconds = absl::ToDoubleSeconds(sample.elapsed);
  if (seconds <= 0 || sample.done <= sample.done_before) return text;
  const double rate = static_cast<double>(sample.done - sample.done_before) / seconds;
  if (sample.unit == "bytes") {
    absl::StrAppendFormat(&text, "  %.1f MB/s", rate / kBytesPerMegabyte);
  } else {
    absl::StrAppendFormat(&text, "  %.0f/s", rate);
  }
  if (sample.total > sample.done) {
    const absl::Duration left = absl::Seconds((sample.total - sample.done) / rate);
    absl::StrAppend(&text, "  ", absl::FormatDuration(absl::Ceil(left, absl::Seconds(1))), " left");
  }
  return text;
}

void Progress::Begin(absl::string_view label, absl::string_view unit, int64_t total, int64_t done_before) {
  End();
  if (style_ == Style::kQuiet) return;
  active_ = true;
  shown_ = false;
  sample_ = ProgressSample{label, unit, done_before, total, absl::ZeroDuration(), done_before};
  start_ = now_();
  next_show_ = start_ + (style_ == Style::kBar ? kBarInterval : kLineInterval);
}

void Progress::Update(int64_t done) {
  if (!active_) return;
  sample_.done = done;
  const absl::Time now = now_();
  if (now >= next_show_) Show(now);
}

void Progress::Show(absl::Time now) {
  sample_.elapsed = now - start_;
  shown_ = true;
  if (style_ == Style::kBar) {
    out_ << "\r" << FormatProgress(sample_, kBarWidth) << "\x1b[K" << std::flush;
    next_show_ = now + kBarInterval;
  } else {
    out_ << FormatProgress(sample_, 0) << std::endl;
    next_show_ = now + kLineInterval;
  }
}

void Progress::Notice(absl::string_view message) {
  if (style_ == Style::kQuiet) return;
  if (style_ == Style::kBar && active_ && shown_) out_ << "\r\x1b[K";
  out_ << message << std::endl;
}

void Progress::End() {
  if (!active_) return;
  active_ = false;
  // A phase too short for a first line leaves none.
  if (!shown_) return;
  Show(now_());
  if (style_ == Style::kBar) out_ << std::endl;
}

}  // namespace nbo::ctl
