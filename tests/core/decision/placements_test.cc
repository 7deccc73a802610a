// Several placements filled by one answer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/decision/engine.h"
#include "core/profile/fold.h"
#include "tests/core/catalog/catalog_builder.h"
#include "tests/core/profile/random_receipts.h"

namespace nbo {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const absl::Time kNow = absl::FromCivil(absl::CivilSecond(2024, 6, 14, 12, 0, 0), absl::UTCTimeZone());

class PlacementsTest : public ::testing::Test {
 protected:
  PlacementsTest() {
    Fold(ReceiptOf("c", "1", 19'885, {Bought("MILK", 300)}), &state_);
    request_.channel = Channel::kPos;
  }

  static CatalogDraft Shelf() {
    return DraftOfCatalog({{.id = "tea", .group = "drinks", .weight = "9", .categories = {"HOT", "DRY"}},
                           {.id = "coffee", .group = "drinks", .weight = "8", .placements = {"cart"}},
                           {.id = "bread", .weight = "7", .categories = {"DRY"}, .placements = {"cart"}},
                           {.id = "rice", .weight = "6", .categories = {"DRY"}},
                           {.id = "soup", .weight = "5", .categories = {"HOT"}, .placements = {"banner", "cart"}},
                           {.id = "salt", .weight = "4"}});
  }

  std::vector<std::string> Filled(const CatalogDraft& draft) {
    catalog_ = Compiled(draft);
    decision_ = Decide(*catalog_, {&state_}, request_, kNow, {});
    std::vector<std::string> filled;
    for (const RankedOffer& ranked : decision_.offers) {
      filled.push_back(
          absl::StrCat(PlacementAt(request_, static_cast<size_t>(ranked.placement)), ": ", ranked.offer->id));
    }
    return filled;
  }

  CustomerState state_;
  OfferRequest request_;
  std::shared_ptr<Catalog> catalog_;
  Decision decision_;
};

TEST_F(PlacementsTest, AreFilledInTheirOrderEachWithTheBestThatIsLeftAndMayStandThere) {
  request_.placements = {"banner", "cart"};
  request_.max_offers = 2;
  EXPECT_THAT(Filled(Shelf()), ElementsAre("banner: tea", "banner: rice", "cart: bread", "cart: soup"));
  request_.placements = {"cart", "banner"};
  EXPECT_THAT(Filled(Shelf()), ElementsAre("cart: tea", "cart: bread", "banner: rice", "banner: soup"));
}

TEST_F(PlacementsTest, OneInAListIsAsOneAlone) {
  CatalogDraft draft = Shelf();
  draft.offers[5].applicability = At("request.placement == \"cart\"");
  request_.max_offers = 9;
  request_.placement = "cart";
  const auto alone = Filled(draft);
  request_.placement = "";
  request_.placements = {"cart"};
  EXPECT_EQ(Filled(draft), alone);
  EXPECT_THAT(alone, ElementsAre("cart: tea", "cart: bread", "cart: rice", "cart: soup", "cart: salt"));
}

TEST_F(PlacementsTest, TellTheOffersThatFitNone) {
  request_.placements = {"banner", "receipt"};
  request_.explain = true;
  Filled(Shelf());
  EXPECT_EQ(decision_.explanations[2].gate, Gate::kApplicable);
  EXPECT_EQ(decision_.explanations[2].detail, "is not meant for any of the placements banner, receipt");
  EXPECT_EQ(decision_.explanations[1].gate, Gate::kApplicable);
}

TEST_F(PlacementsTest, ACategoryIsBoundedOverTheWholeAnswer) {
  CatalogDraft draft = Shelf();
  request_.placements = {"banner", "cart"};
  request_.max_offers = 2;
  request_.explain = true;
  Filled(draft);
  const auto catalog = Compiled(draft);
  catalog->per_category = 1;
  decision_ = Decide(*catalog, {&state_}, request_, kNow, {});
  std::vector<std::string> ids;
  for (const RankedOffer& ranked : decision_.offers) ids.push_back(ranked.offer->id);
  // The category of tea is HOT, its first.
  EXPECT_THAT(ids, ElementsAre("tea", "rice", "salt"));
  EXPECT_EQ(decision_.explanations[2].gate, Gate::kArbitration);
  EXPECT_THAT(decision_.explanations[2].detail,
              HasSubstr("1 of category 'DRY' is better, and no more than 1 may be in an answer; score"));
}

}  // namespace
}  // namespace nbo
