#include "server/rpc/message_frames.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nbo/rpc/v1/health.pb.h"

namespace nbo::server {
namespace {

using ::testing::ElementsAre;

std::string Framed(absl::string_view text) {
  std::string frame(MessageFrames::kPrefixBytes, '\0');
  frame[2] = static_cast<char>(text.size() >> 16);
  frame[3] = static_cast<char>(text.size() >> 8);
  frame[4] = static_cast<char>(text.size());
  return absl::StrCat(frame, text);
}

class MessageFramesTest : public ::testing::Test {
 protected:
  // `bytes` live as long as the test.
  void Append(std::string bytes) {
    sent_.push_back(std::move(bytes));
    frames_.Append(sent_.back());
  }
  void TakeAll() {
    absl::string_view message;
    for (auto more = frames_.Next(&message); more.ok() && *more; more = frames_.Next(&message)) {
      got_.emplace_back(message);
    }
  }

  HeldBytes held_{1000};
  MessageFrames frames_{500, &held_};
  std::deque<std::string> sent_;
  std::vector<std::string> got_;
};

TEST_F(MessageFramesTest, MessagesAreTheSameHoweverTheyAreCut) {
  const std::string all = absl::StrCat(Framed("one"), Framed(""), Framed(std::string(300, 't')), Framed("four"));
  for (size_t first = 0; first <= all.size(); ++first) {
    for (const size_t piece : {1, 2, 5, 1000}) {
      got_.clear();
      MessageFrames frames(500, &held_);
      absl::string_view rest = all;
      for (size_t size = first; !rest.empty(); size = piece) {
        const std::string bytes(rest.substr(0, size));  // gone after Keep
        rest.remove_prefix(bytes.size());
        frames.Append(bytes);
        absl::string_view message;
        while (*frames.Next(&message)) got_.emplace_back(message);
        frames.Keep();
      }
      ASSERT_THAT(got_, ElementsAre("one", "", std::string(300, 't'), "four")) << first << " " << piece;
      EXPECT_EQ(frames.pending(), 0u);
    }
  }
  EXPECT_EQ(held_.used(), 0u);
}

TEST_F(MessageFramesTest, WhatWasTakenLaterIsNotGivenAgain) {
  Append(Framed("one") + Framed("two") + Framed("three"));
  absl::string_view message;
  ASSERT_TRUE(*frames_.Next(&message));
  frames_.Keep();
  TakeAll();  // as a reader does that was busy: nothing is kept in between
  Append(Framed("four").substr(0, 6));
  frames_.Keep();
  Append(Framed("four").substr(6));
  TakeAll();
  EXPECT_THAT(got_, ElementsAre("two", "three", "four"));
}

TEST_F(MessageFramesTest, RefusesWhatIsTooLargeByItsPrefix) {
  Append(Framed(std::string(501, 'x')).substr(0, 5));
  absl::string_view message;
  EXPECT_EQ(frames_.Next(&message).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(MessageFramesTest, RefusesWhatThereIsNoRoomForAndReturnsWhatItHeld) {
  {
    std::vector<std::unique_ptr<MessageFrames>> many;
    const std::string begun = Framed(std::string(480, 'x')).substr(0, 100);
    absl::string_view message;
    for (int i = 0; i < 2; ++i) {
      many.push_back(std::make_unique<MessageFrames>(500, &held_));
      many.back()->Append(begun);
      EXPECT_FALSE(*many.back()->Next(&message)) << i;
      many.back()->Keep();
    }
    MessageFrames third(500, &held_);
    third.Append(begun);
    EXPECT_EQ(third.Next(&message).status().code(), absl::StatusCode::kResourceExhausted);
  }
  EXPECT_EQ(held_.used(), 0u);
}

TEST_F(MessageFramesTest, AnnouncingALargeMessageTakesNothing) {
  HeldBytes held(100'000);
  const std::string whole = Framed(std::string(80'000, 'x'));
  std::vector<std::unique_ptr<MessageFrames>> many;
  absl::string_view message;
  for (int i = 0; i < 4; ++i) {
    many.push_back(std::make_unique<MessageFrames>(80'000, &held));
    many.back()->Append(absl::string_view(whole).substr(0, 5));
    EXPECT_FALSE(*many.back()->Next(&message)) << i;
    many.back()->Keep();
  }
  EXPECT_LT(held.used(), 80'000u);
  many.resize(1);
  for (size_t at = 5; at < whole.size(); at += 10'000) {
    if (at > 5) EXPECT_FALSE(*many.front()->Next(&message));
    many.front()->Keep();
    many.front()->Append(absl::string_view(whole).substr(at, 10'000));
    EXPECT_GE(held.used(), at) << "what has come before is counted";
  }
  EXPECT_TRUE(*many.front()->Next(&message));
  EXPECT_EQ(message.size(), 80'000u);
  many.clear();
  EXPECT_EQ(held.used(), 0u);
}

TEST_F(MessageFramesTest, RefusesCompressedMessages) {
  std::string frame = Framed("x");
  frame[0] = 1;
  Append(frame);
  absl::string_view message;
  EXPECT_EQ(frames_.Next(&message).status().code(), absl::StatusCode::kUnimplemented);
}

TEST_F(MessageFramesTest, FramesWhatItCuts) {
  rpc::v1::HealthRequest request;
  request.set_service(std::string(260, 's'));
  Append(MessageFrames::Frame(request));
  absl::string_view message;
  ASSERT_TRUE(*frames_.Next(&message));
  EXPECT_EQ(message, request.SerializeAsString());
}

}  // namespace
}  // namespace nbo::server
