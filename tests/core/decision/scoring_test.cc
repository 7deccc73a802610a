// Scores of many offers at once are those of one offer after the other, to the bit.
#include "core/decision/scoring.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <numeric>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/catalog/vocabulary.h"
#include "core/profile/fold.h"
#include "tests/core/catalog/catalog_builder.h"
#include "tests/core/profile/random_receipts.h"

namespace nbo {
namespace {

// More than columns are worked on at once.
constexpr int kOffers = 700;

struct Formula {
  const char* text;
  bool in_columns;
  bool fails = false;  // for some offers or customers
};

const Formula kFormulas[] = {
    {"1", true},
    {"offer.weight * offer.propensity * (1.0 + 4.0 * offer.affinity) * (offer.value - offer.cost)", true},
    {"offer.visits > 2 ? offer.value / offer.cost : -offer.value", true},  // divides by zero now and then
    {"offer.visits", true},
    {"double(7 / offer.visits) + offer.weight", true, true},
    {"offer.in_basket || customer.average_ticket_30d > 10.0 ? 2.0 : offer.weight", true, true},
    {"(request.channel == \"POS\" && !offer.in_basket ? 1.5 : 1.0) * category(\"category 3\").share + offer.value",
     true},
    {"customer.average_ticket_30d * offer.weight", true, true},
    {"offer.kind == \"discount\" ? offer.value : 0.0", false},
    {"offer.weight + double(size(basket.lines.filter(l, l.amount > offer.value)))", false},
};

std::shared_ptr<Catalog> RandomCatalog(const char* score, RandomReceipts* random) {
  std::vector<OfferSpec> offers;
  for (int i = 0; i < kOffers; ++i) {
    OfferSpec spec{.id = absl::StrCat("o", i)};
    spec.value = absl::StrCat(random->Below(40), ".", random->Below(100));
    spec.cost = absl::StrCat(random->Below(4), ".", random->Below(3));
    spec.propensity = absl::StrCat("0.", random->Below(1000));
    spec.weight = absl::StrCat(random->Below(5), ".", random->Below(10));
    const int64_t categories = random->Below(4);
    for (int64_t c = 0; c < categories; ++c) {
      const std::string category = absl::StrCat("category ", random->Below(12));
      if (c == 0 || category != spec.categories[0]) spec.categories.push_back(category);
    }
    if (random->Chance(20)) spec.products = {absl::StrCat("p-category ", random->Below(12)), "p1"};
    offers.push_back(spec);
  }
  return Compiled(DraftOfCatalog(offers, score, "-1000"));
}

TEST(Scorer, ScoresManyAsItScoresOne) {
  for (const Formula& formula : kFormulas) {
    int failed = 0, scored = 0;
    for (uint64_t seed = 1; seed <= 12; ++seed) {
      SCOPED_TRACE(absl::StrCat(formula.text, ", seed ", seed));
      RandomReceipts random(seed);
      const auto catalog = RandomCatalog(formula.text, &random);
      ASSERT_EQ(catalog->score_columns.has_value(), formula.in_columns);
      CustomerState state;
      for (const Receipt& receipt : random.Many(static_cast<size_t>(random.Below(25)), "c")) Fold(receipt, &state);
      OfferRequest request;
      request.channel = Channel::kPos;
      const std::string product = absl::StrCat("p-category ", random.Below(12));
      const std::string category = absl::StrCat("category ", random.Below(12));
      if (random.Chance(70)) request.basket = {{product, "", 1000, 500}, {"p9", category, 1000, 900}};
      const absl::Time now = absl::FromUnixSeconds(int64_t{RandomReceipts::kNewest} * 86'400);
      Facts facts(*catalog, {seed % 6 == 0 ? nullptr : &state}, Moment::At(now, absl::UTCTimeZone()), 100);
      facts.SetRequest(request);
      Arms arms;
      Scorer scorer(*catalog, &facts, &arms, catalog->columns.propensity);
      std::vector<int32_t> offers;
      for (int32_t i = 0; i < kOffers; ++i) {
        if (random.Chance(90)) offers.push_back(i);
      }
      const std::vector<double> scores = scorer.Score(offers);
      ASSERT_EQ(scores.size(), offers.size());
      // Facts that know of no catalog look into the basket offer by offer.
      const WordSet words = WordSet::All();
      Facts plain(words, catalog->rfm, {seed % 6 == 0 ? nullptr : &state}, Moment::At(now, absl::UTCTimeZone()), 100);
      plain.SetRequest(request);
      for (size_t i = 0; i < offers.size(); ++i) {
        const rules::Value one = scorer.ScoreOne(offers[i]);
        plain.SetOffer(catalog->offers[static_cast<size_t>(offers[i])], kAllOfferFacts);
        const rules::Value naive = catalog->score->Evaluate(plain);
        ASSERT_EQ(one.is_error(), naive.is_error()) << offers[i];
        ++(one.is_error() ? failed : scored);
        if (one.is_error()) {
          ASSERT_TRUE(std::isnan(scores[i])) << offers[i];
          continue;
        }
        const double expected = one.double_value(), plainly = naive.double_value();
        ASSERT_EQ(std::memcmp(&expected, &plainly, sizeof(double)), 0) << offers[i];
        if (std::isnan(expected)) {
          ASSERT_TRUE(std::isnan(scores[i]));
        } else {
          ASSERT_EQ(std::memcmp(&expected, &scores[i], sizeof(double)), 0) << offers[i] << ": " << scores[i];
        }
      }
    }
    EXPECT_GT(scored, 0) << formula.text;
    EXPECT_EQ(failed > 0, formula.fails) << formula.text;
  }
}

TEST(Scorer, OfNoCandidatesGivesNoScores) {
  RandomReceipts random(1);
  const auto catalog = RandomCatalog(kFormulas[1].text, &random);
  OfferRequest request;
  Facts facts(*catalog, {}, Moment::At(absl::UnixEpoch(), absl::UTCTimeZone()), 100);
  facts.SetRequest(request);
  Arms arms;
  EXPECT_TRUE(Scorer(*catalog, &facts, &arms, catalog->columns.propensity).Score({}).empty());
}

}  // namespace
}  // namespace nbo
