// nboctl switch against the fake server.
#include "server/ctl/switch_command.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "tests/ctl/cli_fixture.h"

namespace nbo::ctl {
namespace {

using testing::HasSubstr;

class SwitchCommandTest : public CliTest {
 protected:
  // Of someone who does not forget to say who and why.
  int Set(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "switch");
    arguments.insert(arguments.end(), {"--author", "anna", "--reason", "supplier out of stock"});
    return Run(std::move(arguments));
  }
  static void FillPaused(nbo::v1::Switch* paused) {
    paused->mutable_target()->set_offer_id("coffee");
    paused->set_author("ben");
    paused->set_reason("too\x1B dear");
    paused->mutable_pause_time()->set_seconds(1'718'366'400);
  }

  FakeSwitches& fake_ = server_.switches;
};

TEST_F(SwitchCommandTest, OffSaysWhatItStops) {
  fake_.set.set_changed(true);
  nbo::v1::SwitchPreview* preview = fake_.set.mutable_preview();
  preview->set_offer_count(1);
  preview->add_offer_ids("coffee");
  preview->mutable_recent()->mutable_since_time()->set_seconds(1'718'366'400);
  preview->mutable_recent()->set_answer_count(1234);
  preview->mutable_recent()->set_affected_count(45);
  preview->mutable_recent()->set_affected_share(45.0 / 1234);
  EXPECT_EQ(Set({"off", "offer", "coffee"}), kExitOk) << err_.str();
  EXPECT_EQ(out_.str(),
            "Offer coffee is paused\n"
            "It stops 1 offer: coffee\n"
            "Of 1234 answers since 2024-06-14 12:00:00 UTC 45 (3.6 %) held what this stops\n");
  EXPECT_EQ(fake_.last_set.target().offer_id(), "coffee");
  EXPECT_TRUE(fake_.last_set.paused());
  EXPECT_FALSE(fake_.last_set.validate_only());
  EXPECT_EQ(fake_.last_set.author(), "anna");
  EXPECT_EQ(fake_.last_set.reason(), "supplier out of stock");
}

TEST_F(SwitchCommandTest, EveryKindOfTargetIsSent) {
  EXPECT_EQ(Set({"off", "everything"}), kExitOk) << err_.str();
  EXPECT_TRUE(fake_.last_set.target().everything());
  EXPECT_EQ(Set({"off", "channel", "mobile_app"}), kExitOk) << err_.str();
  EXPECT_EQ(fake_.last_set.target().channel(), nbo::v1::CHANNEL_MOBILE_APP);
  EXPECT_EQ(Set({"off", "store", "388"}), kExitOk) << err_.str();
  EXPECT_EQ(fake_.last_set.target().store_id(), "388");
  EXPECT_EQ(Set({"on", "group", "drinks"}), kExitOk) << err_.str();
  EXPECT_EQ(fake_.last_set.target().group(), "drinks");
  EXPECT_FALSE(fake_.last_set.paused());
  EXPECT_EQ(Set({"on", "campaign", "spring"}), kExitOk) << err_.str();
  EXPECT_EQ(fake_.last_set.target().campaign(), "spring");
}

TEST_F(SwitchCommandTest, ManyOffersAreCountedAndTheFirstNamed) {
  fake_.set.set_changed(true);
  for (int i = 0; i < 100; ++i) fake_.set.mutable_preview()->add_offer_ids("o" + std::to_string(i));
  fake_.set.mutable_preview()->set_offer_count(150);
  fake_.set.mutable_preview()->set_otherwise_paused_count(3);
  fake_.set.mutable_preview()->mutable_recent()->mutable_since_time()->set_seconds(1'718'366'400);
  EXPECT_EQ(Run({"switch", "preview", "group", "many"}), kExitOk) << err_.str();
  EXPECT_EQ(out_.str(),
            "It would stop 150 offers: o0, o1, o2, o3, o4, o5, o6, o7, o8, o9 and 140 more\n"
            "Another switch pauses 3 of them anyway\n"
            "No answers since 2024-06-14 12:00:00 UTC\n");
  EXPECT_TRUE(fake_.last_set.validate_only());
  EXPECT_EQ(fake_.last_set.author(), "") << "a preview asks nobody who he is";
}

TEST_F(SwitchCommandTest, WhatChangesNothingSaysSo) {
  FillPaused(fake_.set.mutable_in_force());
  EXPECT_EQ(Set({"off", "offer", "coffee"}), kExitOk);
  EXPECT_EQ(out_.str(),
            "Offer coffee is paused already, by ben since 2024-06-14 12:00:00 UTC: too? dear; nothing was changed\n");
  fake_.set.clear_in_force();
  fake_.set.add_warnings("offer 'cofee' was not paused; did you mean 'coffee'?");
  EXPECT_EQ(Set({"on", "offer", "cofee"}), kExitOk);
  EXPECT_EQ(out_.str(), "Offer cofee is not paused; nothing was changed\n");
  EXPECT_EQ(err_.str(), "nboctl: warning: offer 'cofee' was not paused; did you mean 'coffee'?\n");
}

TEST_F(SwitchCommandTest, ARefusalIsExitCode1) {
  fake_.refusal = grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "target.offer_id: 'x' is no offer");
  EXPECT_EQ(Set({"off", "offer", "x"}), kExitRefused);
  EXPECT_EQ(err_.str(), "nboctl: target.offer_id: 'x' is no offer\n");
  EXPECT_EQ(out_.str(), "");
}

TEST_F(SwitchCommandTest, MistakesOnTheCommandLineAreNotSent) {
  EXPECT_EQ(Run({"switch", "off", "offer", "coffee"}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("--author is required"));
  EXPECT_EQ(Set({"off", "offer"}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("which offer? Write its id"));
  EXPECT_EQ(Set({"off", "everything", "388"}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("everything takes no id"));
  EXPECT_EQ(Set({"off", "channel", "till"}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("'till' is no channel; use one of pos"));
  EXPECT_EQ(Set({"off", "segment", "best"}), kExitUsage);
  EXPECT_EQ(Run({"switch", "list", "--limit", "5"}), kExitUsage) << "what is paused is listed whole";
  EXPECT_EQ(fake_.last_set.ByteSizeLong(), 0u);
}

TEST_F(SwitchCommandTest, ListsWhatIsPaused) {
  EXPECT_EQ(Run({"switch", "list"}), kExitOk);
  EXPECT_EQ(out_.str(), "Nothing is paused\n");
  nbo::v1::Switch* till = fake_.list.add_switches();
  till->mutable_target()->set_channel(nbo::v1::CHANNEL_POS);
  till->set_author("anna");
  till->set_reason("till update");
  till->mutable_pause_time()->set_seconds(1'718'366'460);
  FillPaused(fake_.list.add_switches());
  EXPECT_EQ(Run({"switch", "list"}), kExitOk);
  EXPECT_EQ(out_.str(),
            "Paused   Id      Since                    Author  Reason\n"
            "channel  pos     2024-06-14 12:01:00 UTC  anna    till update\n"
            "offer    coffee  2024-06-14 12:00:00 UTC  ben     too? dear\n");
  EXPECT_FALSE(fake_.last_list.history());
  EXPECT_EQ(Run({"switch", "list", "--format", "json"}), kExitOk);
  EXPECT_THAT(out_.str(), HasSubstr("\"switches\":[{\"target\":{\"channel\":\"CHANNEL_POS\"},\"author\":\"anna\""));
}

TEST_F(SwitchCommandTest, ListsTheHistory) {
  nbo::v1::SwitchEvent* event = fake_.list.add_events();
  event->set_number(7);
  event->mutable_target()->set_everything(true);
  event->set_author("anna");
  event->set_reason("all is well");
  event->mutable_event_time()->set_seconds(1'718'366'400);
  event = fake_.list.add_events();
  event->set_number(6);
  event->mutable_target()->set_store_id("388");
  event->set_paused(true);
  event->set_author("ben");
  event->set_reason("till update");
  event->mutable_event_time()->set_seconds(1'718'366'300);
  fake_.list.set_next_page_token("6");
  EXPECT_EQ(Run({"switch", "list", "--history", "--limit", "2"}), kExitOk);
  EXPECT_EQ(out_.str(),
            "No  Time                          What        Id   Author  Reason\n"
            " 7  2024-06-14 12:00:00 UTC  on   everything       anna    all is well\n"
            " 6  2024-06-14 11:58:20 UTC  off  store       388  ben     till update\n"
            "There are earlier ones: --limit\n");
  EXPECT_TRUE(fake_.last_list.history());
  EXPECT_EQ(fake_.last_list.page_size(), 2);
}

}  // namespace
}  // namespace nbo::ctl
