// Decisions while something is paused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "core/decision/engine.h"
#include "core/profile/fold.h"
#include "tests/core/catalog/catalog_builder.h"
#include "tests/core/profile/random_receipts.h"

namespace nbo {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const absl::Time kNow = absl::FromCivil(absl::CivilSecond(2024, 6, 14, 12, 0, 0), absl::UTCTimeZone());

class PausedTest : public ::testing::Test {
 protected:
  PausedTest() {
    Fold(ReceiptOf("c", "1", 19'885, {Bought("MILK", 300)}), &state_);
    request_.channel = Channel::kPos;
    request_.store_id = "388";
    request_.max_offers = 9;
  }

  void Pause(SwitchScope scope, const std::string& id) {
    paused_[{scope, id}] = {{scope, id}, "anna", "out of stock", kNow - absl::Hours(3)};
  }
  Decision Decided(bool known = true) const {
    decided_ = std::make_unique<Switches>(paused_);
    return Decide(*catalog_, {known ? &state_ : nullptr}, request_, kNow, {}, {.switches = decided_.get()});
  }
  std::vector<std::string> Shown(bool known = true) const {
    std::vector<std::string> ids;
    for (const RankedOffer& ranked : Decided(known).offers) ids.push_back(ranked.offer->id);
    return ids;
  }
  // What became of each offer of an explained decision: its detail if it was not live, else "".
  std::vector<std::string> Details(bool known = true) {
    request_.explain = true;
    std::vector<std::string> details;
    for (const Explanation& e : Decided(known).explanations) details.push_back(e.gate == Gate::kLive ? e.detail : "");
    request_.explain = false;
    return details;
  }

  const std::shared_ptr<const Catalog> catalog_ = Compiled(DraftOfCatalog({
      {.id = "tea", .group = "drinks", .weight = "4"},
      {.id = "coffee", .group = "drinks", .weight = "3", .is_default = true},
      {.id = "cake", .weight = "2", .is_default = true},
      {.id = "old", .to = "2024-06-13", .weight = "9"},
  }));
  CustomerState state_;
  OfferRequest request_;
  PausedSwitches paused_;
  mutable std::unique_ptr<Switches> decided_;
};

TEST_F(PausedTest, NothingPausedDecidesAsWithoutSwitches) {
  EXPECT_THAT(Shown(), ElementsAre("tea", "cake"));
  EXPECT_THAT(Shown(/*known=*/false), ElementsAre("coffee", "cake"));
  EXPECT_FALSE(Decided().paused);
}

TEST_F(PausedTest, APausedOfferIsNotShownAndAnotherOfItsGroupMayTakeItsPlace) {
  Pause(SwitchScope::kOffer, "tea");
  EXPECT_THAT(Shown(), ElementsAre("coffee", "cake"));
  EXPECT_FALSE(Decided().paused);
  EXPECT_THAT(Details(), ElementsAre("paused by anna 3 h ago: out of stock", "", "", "ended 1 day ago"));
}

TEST_F(PausedTest, APausedDefaultIsNotShownToTheUnknownEither) {
  Pause(SwitchScope::kOffer, "coffee");
  EXPECT_THAT(Shown(/*known=*/false), ElementsAre("cake"));
  EXPECT_EQ(Details(/*known=*/false)[1], "paused by anna 3 h ago: out of stock");
}

TEST_F(PausedTest, APausedGroupTakesAllItsOffersWithIt) {
  Pause(SwitchScope::kGroup, "drinks");
  EXPECT_THAT(Shown(), ElementsAre("cake"));
  const std::string detail = "group 'drinks' is paused by anna 3 h ago: out of stock";
  EXPECT_THAT(Details(), ElementsAre(detail, detail, "", "ended 1 day ago"));
}

TEST_F(PausedTest, APausedRequestGivesNoOffersAtAllToNobody) {
  for (const auto& [scope, id, name] :
       std::vector<std::tuple<SwitchScope, std::string, std::string>>{{SwitchScope::kEverything, "", "everything"},
                                                                      {SwitchScope::kChannel, "POS", "channel POS"},
                                                                      {SwitchScope::kStore, "388", "store '388'"}}) {
    SCOPED_TRACE(name);
    paused_.clear();
    Pause(scope, id);
    for (const bool known : {true, false}) {
      EXPECT_THAT(Shown(known), IsEmpty());
      EXPECT_TRUE(Decided(known).paused);
      EXPECT_THAT(Decided(known).explanations, IsEmpty());
      EXPECT_EQ(Details(known)[0], absl::StrCat(name, " is paused by anna 3 h ago: out of stock"));
      EXPECT_EQ(Details(known)[3], "ended 1 day ago") << "the window comes first";
    }
  }
}

TEST_F(PausedTest, ElsewhereThanWhereItIsPausedNothingChanges) {
  Pause(SwitchScope::kChannel, "WEB");
  Pause(SwitchScope::kStore, "389");
  Pause(SwitchScope::kOffer, "drinks");
  EXPECT_THAT(Shown(), ElementsAre("tea", "cake"));
  EXPECT_FALSE(Decided().paused);
}

TEST_F(PausedTest, TheEmptyCatalogIsPausedToo) {
  Pause(SwitchScope::kEverything, "");
  const Switches switches(paused_);
  EXPECT_TRUE(Decide(Catalog(), {}, request_, kNow, {}, {.switches = &switches}).paused);
}

// An offer that is paused is as one that the catalog does not have.
TEST_F(PausedTest, DecidesAsIfThePausedWereNotInTheCatalog) {
  const uint64_t seed = 20241123;
  SCOPED_TRACE(seed);
  RandomReceipts random(seed);
  for (int round = 0; round < 100; ++round) {
    std::vector<OfferSpec> all, rest;
    paused_.clear();
    for (int group = 0; group < 3; ++group) {
      if (random.Chance(20)) Pause(SwitchScope::kGroup, absl::StrCat("g", group));
    }
    for (int i = 0; i < 20; ++i) {
      OfferSpec spec{.id = absl::StrCat("o", i), .weight = absl::StrCat(1 + random.Below(9))};
      if (random.Chance(50)) spec.group = absl::StrCat("g", random.Below(3));
      spec.is_default = random.Chance(50);
      if (random.Chance(30)) Pause(SwitchScope::kOffer, spec.id);
      all.push_back(spec);
      if (paused_.count({SwitchScope::kOffer, spec.id}) + paused_.count({SwitchScope::kGroup, spec.group}) == 0) {
        rest.push_back(spec);
      }
    }
    const Switches switches(paused_);
    const auto catalog = Compiled(DraftOfCatalog(all)), without = Compiled(DraftOfCatalog(rest));
    for (const CustomerState* state :
         {static_cast<const CustomerState*>(&state_), static_cast<const CustomerState*>(nullptr)}) {
      const auto ids = [](const Decision& decision) {
        std::vector<std::string> list;
        for (const RankedOffer& ranked : decision.offers) list.push_back(ranked.offer->id);
        return list;
      };
      ASSERT_EQ(ids(Decide(*catalog, {state}, request_, kNow, {}, {.switches = &switches})),
                ids(Decide(*without, {state}, request_, kNow, {})))
          << "round " << round;
    }
  }
}

}  // namespace
}  // namespace nbo
