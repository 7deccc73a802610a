#include "server/switches/switchboard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/limits.h"
#include "tests/server/fakes.h"

namespace nbo::server {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// Keeps nothing while it is broken.
class FlakyArchive : public MemorySwitchArchive {
 public:
  absl::Status Append(const SwitchEvent& event) override {
    return broken ? absl::UnavailableError("store: disk full") : MemorySwitchArchive::Append(event);
  }
  absl::StatusOr<SwitchesKept> Read() const override {
    if (broken) return absl::UnavailableError("store: cannot be read");
    return MemorySwitchArchive::Read();
  }
  bool broken = false;
};

class SwitchboardTest : public ::testing::Test {
 protected:
  static SwitchOrder Order(const std::string& offer, bool paused, const std::string& author = "anna") {
    return {{SwitchScope::kOffer, offer}, paused, author, "out of stock"};
  }

  FlakyArchive archive_;
  ActiveSwitches active_;
  FakeClock clock_;
  std::vector<std::string> told_;
  Switchboard board_{&archive_, &active_, &clock_, [this](const SwitchEvent& event) {
                       // In force, and not only about to be.
                       EXPECT_EQ(board_.in_force()->Find(event.what.target) != nullptr, event.paused);
                       told_.push_back(absl::StrCat(event.number, event.paused ? " off " : " on ",
                                                    TargetName(event.what.target), " by ", event.what.author));
                     }};
};

TEST_F(SwitchboardTest, APauseIsInForceKeptAndToldOnce) {
  const auto paused = board_.Set(Order("a", true));
  ASSERT_TRUE(paused.ok()) << paused.status();
  EXPECT_TRUE(paused->changed);
  EXPECT_EQ(paused->number, 1);
  EXPECT_EQ(paused->in_force->author, "anna");
  ASSERT_NE(active_.Pin(), nullptr);
  const auto again = board_.Set(Order("a", true, "ben"));
  EXPECT_FALSE(again->changed);
  EXPECT_EQ(again->number, 0);
  EXPECT_EQ(again->in_force->author, "anna") << "who paused it first";
  const auto resumed = board_.Set(Order("a", false, "ben"));
  EXPECT_TRUE(resumed->changed);
  EXPECT_FALSE(resumed->in_force.has_value());
  EXPECT_EQ(active_.Pin(), nullptr);
  EXPECT_FALSE(board_.Set(Order("a", false))->changed);
  EXPECT_THAT(told_, ::testing::ElementsAre("1 off offer 'a' by anna", "2 on offer 'a' by ben"));
  const auto history = board_.List(0, 10);
  ASSERT_EQ(history->size(), 2u);
  EXPECT_FALSE(history->at(0).paused);
  EXPECT_EQ(history->at(1).what.time, clock_.Now());
}

TEST_F(SwitchboardTest, WhatIsKeptIsInForceAfterAStart) {
  ASSERT_TRUE(board_.Set(Order("a", true)).ok());
  ASSERT_TRUE(board_.Set(Order("b", true)).ok());
  ASSERT_TRUE(board_.Set(Order("a", false)).ok());
  ActiveSwitches active;
  Switchboard next(&archive_, &active, &clock_);
  ASSERT_TRUE(next.Load().ok());
  ASSERT_NE(active.Pin(), nullptr);
  EXPECT_EQ(active.Pin()->size(), 1u);
  EXPECT_NE(active.Pin()->Find({SwitchScope::kOffer, "b"}), nullptr);
  EXPECT_EQ(next.Set(Order("c", true))->number, 4) << "numbers go on";
}

TEST_F(SwitchboardTest, WhatCannotBeKeptChangesNothing) {
  archive_.broken = true;
  EXPECT_EQ(board_.Set(Order("a", true)).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(active_.Pin(), nullptr);
  EXPECT_TRUE(told_.empty());
  archive_.broken = false;
  EXPECT_EQ(board_.Set(Order("a", true))->number, 1);
  archive_.broken = true;
  EXPECT_FALSE(board_.Set(Order("a", false)).ok());
  EXPECT_NE(active_.Pin(), nullptr) << "still paused";
  EXPECT_EQ(board_.Load().code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(active_.Pin(), nullptr) << "what is not known is not taken for resumed";
}

TEST_F(SwitchboardTest, APreviewChangesNothing) {
  const SwitchTarget a{SwitchScope::kOffer, "a"};
  EXPECT_TRUE(board_.Preview(a, true).changed);
  EXPECT_FALSE(board_.Preview(a, false).changed);
  EXPECT_EQ(active_.Pin(), nullptr);
  ASSERT_TRUE(board_.Set(Order("a", true)).ok());
  EXPECT_FALSE(board_.Preview(a, true).changed);
  EXPECT_EQ(board_.Preview(a, true).in_force->author, "anna");
  EXPECT_TRUE(board_.Preview(a, false).changed);
  EXPECT_EQ(board_.List(0, 10)->size(), 1u);
}

TEST_F(SwitchboardTest, AuthorAndReasonAreRequiredAndOfOneLine) {
  struct Case {
    std::string author, reason, said;
  };
  for (const Case& c : std::vector<Case>{
           {"", "why", "author: is required"},
           {" ", "why", "author: is required"},
           {"anna", "", "reason: is required"},
           {"anna", "two\nlines", "reason: contains a control character"},
           {"an\tna", "why", "author: contains a control character"},
           {std::string(65, 'a'), "why", "author: 65 bytes; at most 64"},
           {"anna", std::string(257, 'a'), "reason: 257 bytes; at most 256"},
           {"anna", "\xFF", "reason: not valid UTF-8"},
       }) {
    const absl::Status said = board_.Set({{SwitchScope::kOffer, "a"}, true, c.author, c.reason}).status();
    EXPECT_EQ(said.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(said.message()), StartsWith(c.said));
  }
  EXPECT_EQ(active_.Pin(), nullptr);
  EXPECT_TRUE(board_.Set({{SwitchScope::kOffer, "a"}, true, std::string(64, 'a'), std::string(256, 'b')}).ok());
}

TEST_F(SwitchboardTest, TooManyAreRefusedWithARemedyAndMayStillBeResumed) {
  for (size_t i = 0; i < kMaxSwitches; ++i) {
    SwitchEvent event{static_cast<int64_t>(i + 1), true, {{SwitchScope::kOffer, absl::StrCat(i)}, "anna", "why"}};
    ASSERT_TRUE(archive_.Append(event).ok());
  }
  ASSERT_TRUE(board_.Load().ok());
  const absl::Status said = board_.Set(Order("one more", true)).status();
  EXPECT_EQ(said.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(said.message()), HasSubstr("pause a group"));
  EXPECT_TRUE(board_.Set(Order("7", true)).ok()) << "it is paused";
  EXPECT_TRUE(board_.Set(Order("7", false)).ok());
  EXPECT_TRUE(board_.Set(Order("one more", true)).ok());
}

TEST_F(SwitchboardTest, ChangesOfManyThreadsTakeTurns) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 50; ++i) {
        EXPECT_TRUE(board_.Set(Order(absl::StrCat("own", t), i % 2 == 0)).ok());
        EXPECT_TRUE(board_.Set(Order("shared", i % 2 == 0)).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto history = board_.List(0, 1000);
  for (size_t i = 0; i < history->size(); ++i) {
    EXPECT_EQ(history->at(i).number, static_cast<int64_t>(history->size() - i)) << "without gaps";
  }
  EXPECT_EQ(told_.size(), history->size());
  const size_t kept = archive_.Read()->paused.size();
  EXPECT_EQ(board_.in_force()->size(), kept);
}

}  // namespace
}  // namespace nbo::server
