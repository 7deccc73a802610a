// Switches over a store in memory, with the clock in our hand; and what becomes of requests for offers.
#include "server/handlers/switch_handler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "server/catalog/publisher.h"
#include "server/handlers/decision_handler.h"
#include "tests/core/profile/flaky_store.h"
#include "tests/server/catalog/catalog_text.h"
#include "tests/server/decision/deciding.h"
#include "tests/server/fakes.h"
#include "tests/server/messages.h"

namespace nbo::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

v1::SwitchTarget OfferTarget(const std::string& id) {
  v1::SwitchTarget target;
  target.set_offer_id(id);
  return target;
}
v1::SwitchTarget GroupTarget(const std::string& id) {
  v1::SwitchTarget target;
  target.set_group(id);
  return target;
}
v1::SwitchTarget CampaignTarget(const std::string& id) {
  v1::SwitchTarget target;
  target.set_campaign(id);
  return target;
}
v1::SwitchTarget StoreTarget(const std::string& id) {
  v1::SwitchTarget target;
  target.set_store_id(id);
  return target;
}
v1::SwitchTarget ChannelTarget(v1::Channel channel) {
  v1::SwitchTarget target;
  target.set_channel(channel);
  return target;
}
v1::SwitchTarget Everything() {
  v1::SwitchTarget target;
  target.set_everything(true);
  return target;
}

class SwitchHandlerTest : public ::testing::Test {
 protected:
  SwitchHandlerTest() {
    Publish(OfferText("tea-green", "    group: drinks\n    default: true\n") +
            OfferText("tea-black", "    group: drinks\n") +
            OfferText("cake", "    default: true\n    campaign: sweets\n"));
  }

  void Publish(const std::string& offers) { ASSERT_TRUE(publisher_.Publish({CatalogYaml(offers), "c.yaml"}, {}).ok()); }
  absl::Status Set(const v1::SwitchTarget& target, bool paused, v1::SetSwitchResponse* response,
                   bool validate_only = false) {
    v1::SetSwitchRequest request;
    *request.mutable_target() = target;
    request.set_paused(paused);
    request.set_validate_only(validate_only);
    if (!validate_only) {
      request.set_author("anna");
      request.set_reason("out of stock");
    }
    response->Clear();
    return switches_.SetSwitch(request, response);
  }
  v1::SetSwitchResponse Pause(const v1::SwitchTarget& target, bool validate_only = false) {
    v1::SetSwitchResponse response;
    const absl::Status set = Set(target, true, &response, validate_only);
    EXPECT_TRUE(set.ok()) << set;
    return response;
  }
  v1::SetSwitchResponse Resume(const v1::SwitchTarget& target) {
    v1::SetSwitchResponse response;
    const absl::Status set = Set(target, false, &response);
    EXPECT_TRUE(set.ok()) << set;
    return response;
  }
  std::string Refusal(const v1::SwitchTarget& target) {
    v1::SetSwitchResponse response;
    const absl::Status set = Set(target, true, &response);
    EXPECT_EQ(set.code(), absl::StatusCode::kInvalidArgument);
    return std::string(set.message());
  }
  // Nobody in particular asks at a till.
  v1::GetOffersResponse GetOffers(const std::string& store = "388", bool explain = false) {
    v1::GetOffersRequest request;
    request.set_channel(v1::CHANNEL_POS);
    request.set_store_id(store);
    request.set_max_offers(9);
    request.set_explain(explain);
    v1::GetOffersResponse response;
    EXPECT_TRUE(decisions_.GetOffers(request, &response).ok());
    return response;
  }
  std::vector<std::string> Shown(const std::string& store = "388") {
    std::vector<std::string> ids;
    const v1::GetOffersResponse response = GetOffers(store);
    for (const v1::RankedOffer& offer : response.offers()) ids.push_back(offer.offer_id());
    return ids;
  }

  FlakyStore store_;
  FakeClock clock_;
  FakeRandomness randomness_;
  MemoryCatalogArchive catalogs_;
  ActiveCatalog catalog_;
  ActivePopulation population_;
  ActiveStoreZones zones_;
  CatalogPublisher publisher_{"USD", &catalogs_, &catalog_, &clock_};
  MemorySwitchArchive archive_;
  ActiveSwitches active_;
  RecentShown recent_{clock_.Now()};
  Switchboard board_{&archive_, &active_, &clock_};
  SwitchHandler switches_{&board_, &catalog_, &recent_, &zones_, &clock_};
  Deciding deciding_{&catalog_, &catalogs_, &clock_, &randomness_, &active_};
  DecisionHandler decisions_{&store_, &catalog_, &population_, &clock_, deciding_.decider(), absl::UTCTimeZone(),
                             &zones_, true,      &recent_};
};

TEST_F(SwitchHandlerTest, APausedOfferIsGoneFromTheNextAnswerUntilItIsResumed) {
  EXPECT_THAT(Shown(), ElementsAre("tea-green", "cake"));
  const v1::SetSwitchResponse paused = Pause(OfferTarget("cake"));
  EXPECT_TRUE(paused.changed());
  EXPECT_EQ(paused.event_number(), 1);
  EXPECT_EQ(paused.in_force().target().offer_id(), "cake");
  EXPECT_EQ(paused.in_force().author(), "anna");
  EXPECT_EQ(paused.in_force().reason(), "out of stock");
  EXPECT_EQ(paused.in_force().pause_time().seconds(), kNoon);
  EXPECT_THAT(Shown(), ElementsAre("tea-green"));
  EXPECT_EQ(GetOffers().tier_reason(), v1::TIER_REASON_NO_CUSTOMER) << "the answer itself is not paused";
  EXPECT_TRUE(Resume(OfferTarget("cake")).changed());
  EXPECT_THAT(Shown(), ElementsAre("tea-green", "cake"));
}

TEST_F(SwitchHandlerTest, APausedStoreChannelOrEverythingIsADefaultAnswerThatSaysSo) {
  for (const v1::SwitchTarget& target : {StoreTarget("388"), ChannelTarget(v1::CHANNEL_POS), Everything()}) {
    SCOPED_TRACE(target.ShortDebugString());
    Pause(target);
    const v1::GetOffersResponse response = GetOffers();
    EXPECT_EQ(response.offers_size(), 0);
    EXPECT_EQ(response.tier(), v1::ANSWER_TIER_DEFAULT);
    EXPECT_EQ(response.tier_reason(), v1::TIER_REASON_PAUSED);
    EXPECT_NE(response.decision_id(), "");
    clock_.Set(absl::FromUnixSeconds(kNoon) + absl::Hours(3));
    const v1::GetOffersResponse why = GetOffers("388", /*explain=*/true);
    ASSERT_EQ(why.explanations_size(), 3);
    EXPECT_EQ(why.explanations(0).gate(), v1::GATE_LIVE);
    EXPECT_THAT(why.explanations(0).detail(), HasSubstr(" is paused by anna 3 h ago: out of stock"));
    clock_.Set(absl::FromUnixSeconds(kNoon));
    Resume(target);
    EXPECT_EQ(GetOffers().offers_size(), 2);
  }
}

TEST_F(SwitchHandlerTest, APausedCampaignTakesItsOffersWithIt) {
  const v1::SetSwitchResponse paused = Pause(CampaignTarget("sweets"));
  EXPECT_EQ(paused.in_force().target().campaign(), "sweets");
  EXPECT_THAT(Shown(), ElementsAre("tea-green"));
  EXPECT_EQ(GetOffers("388", /*explain=*/true).explanations(2).detail(),
            "campaign 'sweets' is paused by anna just now: out of stock");
  Resume(CampaignTarget("sweets"));
  EXPECT_THAT(Shown(), ElementsAre("tea-green", "cake"));
}

TEST_F(SwitchHandlerTest, AStoreThatCannotBeReadIsStillSaidToBePaused) {
  store_.fail_read_states = true;
  Pause(Everything());
  v1::GetOffersRequest request;
  *request.mutable_customer() = CustomerOf("anna");
  request.set_channel(v1::CHANNEL_POS);
  v1::GetOffersResponse response;
  ASSERT_TRUE(decisions_.GetOffers(request, &response).ok());
  EXPECT_EQ(response.tier_reason(), v1::TIER_REASON_PAUSED);
  EXPECT_EQ(response.offers_size(), 0);
}

TEST_F(SwitchHandlerTest, PausingWhatIsPausedChangesNothing) {
  Pause(OfferTarget("cake"));
  clock_.Set(clock_.Now() + absl::Hours(1));
  const v1::SetSwitchResponse again = Pause(OfferTarget("cake"));
  EXPECT_FALSE(again.changed());
  EXPECT_EQ(again.event_number(), 0);
  EXPECT_EQ(again.in_force().pause_time().seconds(), kNoon);
  EXPECT_EQ(again.warnings_size(), 0);
}

TEST_F(SwitchHandlerTest, AnOfferOrGroupThatTheCatalogDoesNotHaveIsRefusedWithTheNearest) {
  EXPECT_EQ(Refusal(OfferTarget("tea-gren")),
            "target.offer_id: 'tea-gren' is no offer of the active catalog (version 1); did you mean 'tea-green'?");
  EXPECT_EQ(Refusal(GroupTarget("drink")),
            "target.group: 'drink' is no group of the active catalog (version 1); did you mean 'drinks'?");
  EXPECT_EQ(Refusal(CampaignTarget("sweet")),
            "target.campaign: 'sweet' is no campaign of the active catalog (version 1); did you mean 'sweets'?");
  EXPECT_EQ(Refusal(OfferTarget("pizza")), "target.offer_id: 'pizza' is no offer of the active catalog (version 1)");
  EXPECT_THAT(Refusal(GroupTarget("cake")), StartsWith("target.group: 'cake' is no group"));
  EXPECT_EQ(active_.Pin(), nullptr);
}

TEST_F(SwitchHandlerTest, WhatLeftTheCatalogStaysPausedAndCanBeResumed) {
  Pause(OfferTarget("cake"));
  Publish(OfferText("tea-green", "    default: true\n"));
  EXPECT_FALSE(Pause(OfferTarget("cake")).changed()) << "said again, it is no mistake";
  Publish(OfferText("tea-green", "    default: true\n") + OfferText("cake", "    default: true\n"));
  EXPECT_THAT(Shown(), ElementsAre("tea-green"));
  Publish(OfferText("tea-green", "    default: true\n"));
  EXPECT_TRUE(Resume(OfferTarget("cake")).changed());
  const v1::SetSwitchResponse never = Resume(OfferTarget("cake"));
  EXPECT_FALSE(never.changed());
  EXPECT_THAT(never.warnings(), ElementsAre("offer 'cake' was not paused"));
}

TEST_F(SwitchHandlerTest, ResumingWhatIsNotPausedNamesTheNearestThatIs) {
  Pause(OfferTarget("tea-green"));
  EXPECT_THAT(Resume(OfferTarget("tea-gren")).warnings(),
              ElementsAre("offer 'tea-gren' was not paused; did you mean 'tea-green'?"));
}

TEST_F(SwitchHandlerTest, AnUnknownStoreIsPausedWithAWarning) {
  EXPECT_THAT(Pause(StoreTarget("389")).warnings(), ElementsAre(StartsWith("store '389' is not known here")));
  EXPECT_THAT(Shown("389"), IsEmpty());
  GetOffers("388");
  EXPECT_THAT(Pause(StoreTarget("388")).warnings(), IsEmpty()) << "it has asked for offers";
  auto zones = std::make_shared<StoreZones>();
  ASSERT_TRUE(zones->Add("390", "Europe/Berlin").ok());
  zones_.Swap(zones);
  EXPECT_THAT(Pause(StoreTarget("390")).warnings(), IsEmpty()) << "it is in stores.file";
}

TEST_F(SwitchHandlerTest, APreviewSaysWhatWouldStopAndChangesNothing) {
  for (int i = 0; i < 4; ++i) GetOffers(i == 0 ? "389" : "388");
  Pause(OfferTarget("cake"));
  GetOffers();
  struct Case {
    v1::SwitchTarget target;
    std::vector<std::string> offers;
    int otherwise_paused;
    int affected;
  };
  for (const Case& c : std::vector<Case>{
           {OfferTarget("cake"), {"cake"}, 0, 4},
           {OfferTarget("tea-black"), {"tea-black"}, 0, 0},
           {GroupTarget("drinks"), {"tea-green", "tea-black"}, 0, 5},
           {CampaignTarget("sweets"), {"cake"}, 1, 4},
           {StoreTarget("389"), {"tea-green", "tea-black", "cake"}, 1, 1},
           {ChannelTarget(v1::CHANNEL_POS), {"tea-green", "tea-black", "cake"}, 1, 5},
           {ChannelTarget(v1::CHANNEL_WEB), {}, 0, 0},
           {Everything(), {"tea-green", "tea-black", "cake"}, 1, 5},
       }) {
    SCOPED_TRACE(c.target.ShortDebugString());
    const v1::SetSwitchResponse response = Pause(c.target, /*validate_only=*/true);
    EXPECT_EQ(response.changed(), c.target.offer_id() != "cake");
    EXPECT_EQ(response.event_number(), 0);
    const v1::SwitchPreview& preview = response.preview();
    EXPECT_EQ(preview.offer_count(), static_cast<int>(c.offers.size()));
    EXPECT_EQ(std::vector<std::string>(preview.offer_ids().begin(), preview.offer_ids().end()), c.offers);
    EXPECT_EQ(preview.otherwise_paused_count(), c.otherwise_paused);
    EXPECT_EQ(preview.recent().answer_count(), 5);
    EXPECT_EQ(preview.recent().affected_count(), c.affected);
    EXPECT_DOUBLE_EQ(preview.recent().affected_share(), c.affected / 5.0);
    EXPECT_EQ(preview.recent().since_time().seconds(), kNoon) << "since the start";
  }
  EXPECT_EQ(active_.Pin()->size(), 1u);
}

TEST_F(SwitchHandlerTest, APreviewNamesAHundredOffersAndCountsTheRest) {
  std::string offers;
  for (int i = 0; i < 150; ++i) offers += OfferText(absl::StrCat("o", i), "    group: many\n");
  Publish(offers);
  const v1::SetSwitchResponse response = Pause(GroupTarget("many"), /*validate_only=*/true);
  EXPECT_EQ(response.preview().offer_count(), 150);
  EXPECT_EQ(response.preview().offer_ids_size(), 100);
  EXPECT_EQ(response.preview().offer_ids(99), "o99");
  v1::SetSwitchResponse unknown;
  EXPECT_EQ(Set(OfferTarget("cake"), true, &unknown, /*validate_only=*/true).code(), absl::StatusCode::kInvalidArgument)
      << "a preview finds the slip, too";
}

TEST_F(SwitchHandlerTest, AnswersForOtherMomentsAndForTheCuriousAreNotCounted) {
  GetOffers("388", /*explain=*/true);
  v1::GetOffersRequest request;
  request.set_channel(v1::CHANNEL_POS);
  request.mutable_as_of()->set_seconds(kNoon);
  v1::GetOffersResponse response;
  ASSERT_TRUE(decisions_.GetOffers(request, &response).ok());
  EXPECT_EQ(Pause(Everything(), /*validate_only=*/true).preview().recent().answer_count(), 0);
}

TEST_F(SwitchHandlerTest, ATargetThatIsNoneIsRefused) {
  EXPECT_THAT(Refusal({}), StartsWith("target: is required"));
  EXPECT_THAT(Refusal(OfferTarget("")), StartsWith("target.offer_id: is required"));
  EXPECT_THAT(Refusal(GroupTarget(std::string(65, 'x'))), StartsWith("target.group: 65 bytes"));
  EXPECT_THAT(Refusal(StoreTarget("a\nb")), StartsWith("target.store_id: contains a control character"));
  EXPECT_THAT(Refusal(ChannelTarget(v1::CHANNEL_UNSPECIFIED)), StartsWith("target.channel: is required"));
  EXPECT_THAT(Refusal(ChannelTarget(static_cast<v1::Channel>(99))), StartsWith("target.channel: 99 is no channel"));
  v1::SwitchTarget nothing;
  nothing.set_everything(false);
  EXPECT_THAT(Refusal(nothing), StartsWith("target.everything: must be true"));
}

TEST_F(SwitchHandlerTest, ListsWhatIsInForceAndTheHistoryByPage) {
  Pause(OfferTarget("cake"));
  Pause(StoreTarget("388"));
  Pause(ChannelTarget(v1::CHANNEL_POS));
  Pause(GroupTarget("drinks"));
  Resume(StoreTarget("388"));
  v1::ListSwitchesRequest request;
  v1::ListSwitchesResponse response;
  ASSERT_TRUE(switches_.ListSwitches(request, &response).ok());
  ASSERT_EQ(response.switches_size(), 3);
  EXPECT_EQ(response.events_size(), 0);
  EXPECT_EQ(response.switches(0).target().channel(), v1::CHANNEL_POS);
  EXPECT_EQ(response.switches(1).target().group(), "drinks");
  EXPECT_EQ(response.switches(2).target().offer_id(), "cake");
  response.Clear();
  request.set_history(true);
  request.set_page_size(2);
  std::vector<std::string> history;
  do {
    ASSERT_TRUE(switches_.ListSwitches(request, &response).ok());
    EXPECT_LE(response.events_size(), 2);
    for (const v1::SwitchEvent& event : response.events()) {
      history.push_back(absl::StrCat(event.number(), event.paused() ? " off" : " on"));
    }
    request.set_page_token(response.next_page_token());
    response.Clear();
  } while (!request.page_token().empty() && history.size() < 99);
  EXPECT_THAT(history, ElementsAre("5 on", "4 off", "3 off", "2 off", "1 off"));
  request.set_page_token("x");
  EXPECT_EQ(switches_.ListSwitches(request, &response).code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace nbo::server
