// Shows how far a long command is.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace nbo::ctl {

// One look at the work. Plain value.
struct ProgressSample {
  // "sending".
  absl::string_view label;
  // "receipts"; "bytes" are shown as MB.
  absl::string_view unit;
  int64_t done = 0;
  // 0: unknown; then neither bar nor remaining time is shown.
  int64_t total = 0;
  absl::Duration elapsed;
  // Done before `elapsed` began: counts in the share, not in the rate.
  int64_t done_before = 0;
};

// "sending [#####     ]  50 %  100/200 receipts  50/s  2s left". With `bar_width` 0 without the bar.
std::string FormatProgress(const ProgressSample& sample, int bar_width);

// On a terminal a bar redrawn in place up to 10 times a second; otherwise a line every 2 seconds. Thread-compatible.
class Progress {
 public:
  enum class Style { kBar, kLines, kQuiet };

  Progress(std::ostream& out, Style style, std::function<absl::Time()> now)
      : out_(out), style_(style), now_(std::move(now)) {}

  // Begins a phase; ends the one before. The texts must stay alive.
  void Begin(absl::string_view label, absl::string_view unit, int64_t total, int64_t done_before = 0);
  // Where the total was an estimate.
  void SetTotal(int64_t total) { sample_.total = total; }
  // Cheap enough for every line read.
  void Update(int64_t done);
  // Shows a message above the bar.
  void Notice(absl::string_view message);
  // Shows the end of the phase. Without Begin nothing happens.
  void End();

 private:
  void Show(absl::Time now);

  std::ostream& out_;
  const Style style_;
  const std::function<absl::Time()> now_;
  bool active_ = false;
  bool shown_ = false;
  ProgressSample sample_;
  absl::Time start_;
  absl::Time next_show_;
};

}  // namespace nbo::ctl
