// Switches of the whole server: in effect on the next request, kept through restarts, refused by a full disk.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

#include "nbo/v1/switch_service.grpc.pb.h"
#include "tests/faults/faulty_file_system.h"
#include "tests/server/app/app_fixture.h"

namespace nbo::server {
namespace {

using ::testing::HasSubstr;

class SwitchTest : public AppTest {
 protected:
  SwitchTest() : files_(std::make_shared<FaultyFileSystem>(/*hold_back=*/false)) { overrides_.file_system = files_; }

  grpc::Status Set(bool paused, v1::SetSwitchResponse* response) {
    grpc::ClientContext context;
    v1::SetSwitchRequest request;
    request.mutable_target()->set_offer_id("first");
    request.set_paused(paused);
    request.set_author("anna");
    request.set_reason("out of stock");
    return v1::SwitchService::NewStub(channel_)->SetSwitch(&context, request, response);
  }
  int Shown() {
    v1::GetOffersResponse offers;
    EXPECT_TRUE(GetOffers("anna", &offers).ok());
    return offers.offers_size();
  }
  v1::ListSwitchesResponse List(bool history) {
    grpc::ClientContext context;
    v1::ListSwitchesRequest request;
    request.set_history(history);
    v1::ListSwitchesResponse response;
    EXPECT_TRUE(v1::SwitchService::NewStub(channel_)->ListSwitches(&context, request, &response).ok());
    return response;
  }

  std::shared_ptr<FaultyFileSystem> files_;
  v1::SetSwitchResponse response_;
};

TEST_F(SwitchTest, AreInEffectOnTheNextRequestAndOutliveTheServer) {
  Start();
  EXPECT_EQ(Shown(), 1);
  ASSERT_TRUE(Set(true, &response_).ok());
  EXPECT_EQ(response_.preview().recent().affected_count(), 1);
  EXPECT_EQ(Shown(), 0);
  for (int start = 0; start < 2; ++start) {
    Restart();
    EXPECT_EQ(Shown(), 0);
    ASSERT_EQ(List(false).switches_size(), 1);
    EXPECT_EQ(List(false).switches(0).reason(), "out of stock");
  }
  response_.Clear();
  ASSERT_TRUE(Set(false, &response_).ok());
  EXPECT_EQ(response_.event_number(), 2);
  EXPECT_EQ(Shown(), 1);
  Restart();
  EXPECT_EQ(Shown(), 1);
  EXPECT_EQ(List(true).events_size(), 2);
}

TEST_F(SwitchTest, WhatAFullDiskRefusesIsNotInForce) {
  Start();
  files_->Fail({rocksdb::IOStatus::NoSpace("disk")});
  const grpc::Status refused = Set(true, &response_);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(refused.error_message(), HasSubstr("no space left"));
  EXPECT_EQ(Shown(), 1);
  EXPECT_EQ(List(false).switches_size(), 0);
}

// Whoever asks after the switch was answered gets what it says, whatever asks meanwhile.
TEST_F(SwitchTest, EachAnswerAfterASwitchObeysIt) {
  Start();
  std::atomic<bool> done{false};
  std::thread others([&] {
    while (!done) Shown();
  });
  for (int i = 0; i < 20; ++i) {
    const bool pause = i % 2 == 0;
    ASSERT_TRUE(Set(pause, &response_).ok());
    EXPECT_EQ(Shown(), pause ? 0 : 1) << i;
  }
  done = true;
  others.join();
}

}  // namespace
}  // namespace nbo::server
