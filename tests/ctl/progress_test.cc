#include "server/ctl/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace nbo::ctl {
namespace {

TEST(ProgressTest, ShowsShareRateAndRemainingTime) {
  EXPECT_EQ(FormatProgress({"sending", "receipts", 100, 400, absl::Seconds(2)}, 8),
            "sending [##      ]  25 %  100/400 receipts  50/s  6s left");
  EXPECT_EQ(FormatProgress({"sending", "receipts", 400, 400, absl::Seconds(8)}, 0),
            "sending 100 %  400/400 receipts  50/s");
}

TEST(ProgressTest, WhatWasDoneBeforeCountsInTheShareNotInTheRate) {
  EXPECT_EQ(FormatProgress({"rebuilding", "customers", 300, 400, absl::Seconds(2), 200}, 0),
            "rebuilding  75 %  300/400 customers  50/s  2s left");
}

TEST(ProgressTest, ShowsBytesAsMegabytesAndNoBarWithoutATotal) {
  EXPECT_EQ(FormatProgress({"reading", "bytes", 5'000'000, 10'000'000, absl::Seconds(2)}, 0),
            "reading  50 %  5.0/10.0 MB  2.5 MB/s  2s left");
  EXPECT_EQ(FormatProgress({"reading", "bytes", 5'000'000, 0, absl::Seconds(2)}, 8), "reading  5.0 MB  2.5 MB/s");
  EXPECT_EQ(FormatProgress({"sending", "receipts", 0, 10, absl::ZeroDuration()}, 4),
            "sending [    ]   0 %  0/10 receipts");
}

TEST(ProgressTest, WritesALineEveryTwoSecondsWithoutATerminal) {
  std::ostringstream out;
  absl::Time now = absl::UnixEpoch();
  Progress progress(out, Progress::Style::kLines, [&] { return now; });
  progress.Begin("sending", "receipts", 100);
  for (int i = 1; i <= 50; ++i) {
    now += absl::Milliseconds(100);
    progress.Update(i);
  }
  progress.End();
  EXPECT_EQ(out.str(),
            "sending  20 %  20/100 receipts  10/s  8s left\n"
            "sending  40 %  40/100 receipts  10/s  6s left\n"
            "sending  50 %  50/100 receipts  10/s  5s left\n");
}

TEST(ProgressTest, RedrawsABarInPlaceAndQuietSaysNothing) {
  for (const bool quiet : {false, true}) {
    std::ostringstream out;
    absl::Time now = absl::UnixEpoch();
    Progress progress(out, quiet ? Progress::Style::kQuiet : Progress::Style::kBar, [&] { return now; });
    progress.Begin("sending", "receipts", 100);
    now += absl::Seconds(1);
    progress.Update(10);
    progress.Update(11);  // too soon to show
    progress.Notice("hello");
    progress.End();
    EXPECT_EQ(out.str().empty(), quiet);
    if (!quiet) {
      EXPECT_THAT(out.str(), testing::StartsWith("\rsending [###"));
    }
    EXPECT_EQ(out.str().find("hello") == std::string::npos, quiet);
  }
}

}  // namespace
}  // namespace nbo::ctl
