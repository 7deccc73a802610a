// Whole command lines against the fake server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <tuple>

#include "absl/time/clock.h"
#include "tests/ctl/cli_fixture.h"
#include "tests/server/csv/test_files.h"

namespace nbo::ctl {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kSampleFolder[] = "../shared/data/sample/";

constexpr char kSmallCsv[] =
    "customer_id,receipt_id,time,product_id,quantity,amount,discount,channel\n"
    "c1,r1,2017-01-01 10:00:00,milk,2,1.99,0.10,pos\n"
    "c1,r2,2017-01-02 10:00:00,bread,1,3.49,,pos\n"
    "c1,r1,2017-01-01 10:00:00,eggs,1,2.005,0,pos\n"
    ",r3,2017-01-02 11:00:00,bread,1,3.49,0,pos\n"
    "c2,r4,2017-01-02 11:00:00,bread,1,abc,0,pos\n"
    "c2,r4,2017-01-02 11:00:00,milk,1,1.99,0,pos\n"
    "c2,r5,2017-01-02 11:00:00,milk,1,1.99,0,tram\n"
    "c2,r6,2017-01-02 11:00:00,milk\n";

TEST_F(CliTest, ImportAccountsForEveryLine) {
  const std::string file = WriteTestFile("a.csv", kSmallCsv);
  EXPECT_EQ(Run({"import", "purchases", file, "--format", "json"}), kExitRefused) << err_.str();
  EXPECT_EQ(Number("lines", "read"), 8);
  EXPECT_EQ(Number("lines", "accepted"), 3);
  EXPECT_EQ(Number("lines", "skipped"), 1);
  EXPECT_EQ(Number("lines", "rejected"), 4) << "two bad values, a ragged row, and a line held back";
  EXPECT_EQ(Number("receipts", "read"), 5);
  EXPECT_EQ(Number("receipts", "accepted"), 2);
  const auto recorded = server_.events.recorded();
  ASSERT_EQ(recorded.size(), 2u);
  const nbo::v1::Purchase& first = recorded.begin()->second;
  ASSERT_EQ(first.lines_size(), 2);
  EXPECT_EQ(first.lines(0).quantity_milli(), 2000);
  EXPECT_EQ(first.lines(0).amount_minor(), 199);
  EXPECT_EQ(first.lines(0).discount_minor(), 10);
  EXPECT_EQ(first.lines(1).amount_minor(), 201);

  EXPECT_EQ(Run({"import", "purchases", file}), kExitRefused);
  EXPECT_THAT(out_.str(),
              HasSubstr("column amount is not a decimal number such as 12.34  (first: " + file + ":6: \"abc\")"));
  EXPECT_THAT(out_.str(), HasSubstr("held back: another line of the same receipt was rejected"));
  EXPECT_THAT(out_.str(), HasSubstr("the row has 4 fields, the header 8"));
  EXPECT_THAT(out_.str(), testing::ContainsRegex("duplicate \\(recorded before\\) +3 +2\n"));
}

TEST_F(CliTest, ImportCountsCorrectionsLateRevisionsAndTheErasedApart) {
  const std::string header = "customer_id,receipt_id,time,product_id,amount,revision,cancelled,returned_receipt_id\n";
  const std::string file = WriteTestFile("a.csv", header +
                                                      "c1,r1,2017-01-01,p,1,1,,\n"
                                                      "c1,r1,2017-01-01,p,1,2,,\n"
                                                      "c1,r1,2017-01-01,q,1,2,,\n"
                                                      "c1,r1,2017-01-01,p,3,0,,\n"
                                                      "c1,r2,2017-01-02,p,-1,,,r1\n"
                                                      "c1,r3,2017-01-03,,,3,yes,\n"
                                                      "gone,r4,2017-01-03,p,1,,,\n");
  server_.events.erased = {"gone"};
  EXPECT_EQ(Run({"import", "purchases", file, "--format=json"}), kExitOk) << err_.str();
  for (const auto& [name, lines, receipts] : std::vector<std::tuple<std::string, int, int>>{{"read", 7, 6},
                                                                                            {"accepted", 3, 3},
                                                                                            {"corrected", 2, 1},
                                                                                            {"superseded", 1, 1},
                                                                                            {"erased", 1, 1},
                                                                                            {"rejected", 0, 0}}) {
    EXPECT_EQ(Number("lines", name), lines) << name;
    EXPECT_EQ(Number("receipts", name), receipts) << name;
  }
  server_.events.erased = {"gone"};
  EXPECT_EQ(Run({"import", "purchases", file}), kExitOk) << err_.str();
  EXPECT_THAT(out_.str(), testing::ContainsRegex("superseded \\(a higher revision is known\\) +2 +2\n"));
  EXPECT_THAT(out_.str(), testing::ContainsRegex("dropped \\(customer was erased\\) +1 +1\n"));
  EXPECT_THAT(out_.str(), Not(HasSubstr("corrected")));
}

TEST_F(CliTest, ImportSurvivesABrokenStreamAndCountsEveryLine) {
  std::string csv = "customer_id,receipt_id,time,product_id,amount\n";
  for (int i = 0; i < 300; ++i) absl::StrAppend(&csv, "c", i % 7, ",r", i / 2, ",2017-01-01,p,1\n");
  server_.events.scripts = {{.break_after = 25}};
  server_.events.refuse = [](const nbo::v1::Purchase& purchase) {
    return purchase.receipt_id() == "r140" ? grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "no") : grpc::Status::OK;
  };
  EXPECT_EQ(Run({"import", "purchases", WriteTestFile("a.csv", csv), "--format=json"}), kExitRefused) << err_.str();
  EXPECT_EQ(Number("lines", "read"), 300);
  EXPECT_EQ(Number("lines", "rejected"), 2);
  // Lines are receipts here. 25 were recorded and 20 acknowledged when the stream broke.
  EXPECT_EQ(Number("lines", "accepted"), 293);
  EXPECT_EQ(Number("lines", "duplicate"), 5);
  EXPECT_EQ(Number("receipts", "accepted"), 293);
  EXPECT_EQ(Number("receipts", "duplicate"), 5);
  EXPECT_EQ(Json().fields().at("reopened_streams").number_value(), 1);
}

TEST_F(CliTest, ImportSendsNothingWhenAColumnIsMissing) {
  const std::string good = WriteTestFile("good.csv", kSmallCsv);
  const std::string bad = WriteTestFile("bad.csv", "customer,receipt_id,time,product_id,amount\n1,2,3,4,5\n");
  EXPECT_EQ(Run({"import", "purchases", good, bad, "--columns", "customer_id=customer_id"}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("bad.csv has no column \"customer_id\"; did you mean \"customer\"?"));
  EXPECT_EQ(server_.events.stream_count(), 0);
}

TEST_F(CliTest, ImportRefusesAHeaderThatNamesAColumnTwice) {
  const std::string file =
      WriteTestFile("a.csv", "customer_id,receipt_id,time,product_id,amount,amount\n1,2,3,4,5,6\n");
  EXPECT_EQ(Run({"import", "purchases", file}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("has two columns \"amount\""));
  EXPECT_EQ(server_.events.stream_count(), 0);
}

TEST_F(CliTest, ImportRefusesTextsThatNoMessageMayCarry) {
  const std::string file = WriteTestFile("a.csv",
                                         "customer_id,receipt_id,time,product_id,amount\n"
                                         "c\xFF,r1,2017-01-01,p,1\n"
                                         "c,r\xC3,2017-01-01,p,1\n"
                                         "c,r2,2017-01-01,\xED\xA0\x80,1\n"
                                         "c,r2,2017-01-01,p,1\n"
                                         "c,r3,2017-01-01,молоко,1\n");
  EXPECT_EQ(Run({"import", "purchases", file, "--format", "json"}), kExitRefused) << err_.str();
  EXPECT_EQ(Number("lines", "rejected"), 4) << "one of them held back";
  EXPECT_EQ(Number("lines", "accepted"), 1);
  EXPECT_THAT(out_.str(), HasSubstr("column receipt_id is not valid UTF-8; convert the file"));
  EXPECT_THAT(out_.str(), HasSubstr("\"example\":\"r?\""));
}

TEST_F(CliTest, ImportCountsRefusalsThatDifferInIdsOnlyAsOneReason) {
  std::string csv = "customer_id,receipt_id,time,product_id,amount,store_id\n";
  for (int i = 0; i < 30; ++i) absl::StrAppend(&csv, "c", i, ",r", i, ",2017-01-01,p,1,s\n");
  server_.events.refuse = [](const nbo::v1::Purchase& purchase) {
    return grpc::Status(
        grpc::StatusCode::INVALID_ARGUMENT,
        absl::StrCat("receipt '", purchase.receipt_id(), "' of '", purchase.customer().customer_id(), "' has a '~'"));
  };
  EXPECT_EQ(Run({"import", "purchases", WriteTestFile("a.csv", csv)}), kExitRefused);
  EXPECT_THAT(out_.str(), HasSubstr("30 lines  INVALID_ARGUMENT: receipt '...' of '...' has a '~'  (first: "));
  EXPECT_THAT(out_.str(), HasSubstr(": \"r0\")"));
}

TEST_F(CliTest, ImportShiftsAllFilesTogetherAndSaysByHowMuch) {
  const std::string a = WriteTestFile("a.csv", "customer_id,receipt_id,time,product_id,amount\nc,r1,2017-01-01,p,1\n");
  const std::string b = WriteTestFile("b.csv", "customer_id,receipt_id,time,product_id,amount\nc,r2,2017-03-05,p,1\n");
  EXPECT_EQ(Run({"import", "purchases", a, b, "--shift-to-now", "--format=json"}), kExitOk) << err_.str();
  const int64_t weeks = static_cast<int64_t>(Json().fields().at("shifted_weeks").number_value());
  EXPECT_GT(weeks, 400);
  std::vector<int64_t> seconds;
  for (const auto& [key, purchase] : server_.events.recorded()) seconds.push_back(purchase.time().seconds());
  ASSERT_EQ(seconds.size(), 2u);
  EXPECT_EQ(seconds[1] - seconds[0], 63 * 86400);
  EXPECT_LE(seconds[1], absl::ToUnixSeconds(absl::Now()));
  EXPECT_GT(seconds[1], absl::ToUnixSeconds(absl::Now()) - 7 * 86400);
  EXPECT_EQ(Run({"import", "purchases", a, b, "--shift-weeks", std::to_string(weeks)}), kExitOk);
  EXPECT_THAT(out_.str(), HasSubstr("use --shift-weeks " + std::to_string(weeks)));
  EXPECT_EQ(Run({"import", "purchases", a, b, "--shift-weeks", std::to_string(weeks - 1)}), kExitRefused);
  EXPECT_THAT(out_.str(), HasSubstr("ALREADY_EXISTS"));
}

TEST_F(CliTest, ImportsTheSample) {
  const std::string folder(kSampleFolder);
  if (!std::filesystem::exists(folder + "transactions.csv")) GTEST_SKIP() << "no " << folder << " here";
  EXPECT_EQ(Run({"import", "purchases", folder + "transactions.csv", "--columns",
                 "customer_id=household_id,receipt_id=basket_id,time=transaction_timestamp,amount=sales_value",
                 "--columns", "discount=retail_disc+coupon_disc+coupon_match_disc", "--set", "channel=POS",
                 "--products", folder + "products.csv", "--product-columns",
                 "product_id=product_id,category=product_category", "--format", "json"}),
            kExitOk)
      << err_.str();
  EXPECT_EQ(Number("lines", "read"), 5201);
  EXPECT_EQ(Number("lines", "accepted"), 5201);
}

TEST_F(CliTest, ProfileShowGoesOnAfterAnUnknownCustomer) {
  nbo::v1::GetProfileResponse& profile = server_.queries.profiles["239"];
  profile.set_customer_id("239");
  profile.set_recency_days(3);
  profile.add_segments("loyal");
  auto* window = profile.add_windows();
  window->set_window_days(7);
  window->set_frequency(2);
  window->set_revenue_minor(1234);
  EXPECT_EQ(Run({"profile", "show", "1", "239", "--format", "json"}), kExitNotFound);
  EXPECT_THAT(err_.str(), HasSubstr("nboctl: customer 1 is not known"));
  EXPECT_THAT(out_.str(), HasSubstr("\"recency_days\":3"));
  EXPECT_EQ(Run({"profile", "show", "239"}), kExitOk);
  EXPECT_THAT(out_.str(), HasSubstr("Recency         3 days"));
  EXPECT_THAT(out_.str(), HasSubstr("7 days       2    12.34      0.00               -"));
  EXPECT_EQ(Run({"profile", "show"}), kExitUsage);
}

TEST_F(CliTest, OffersGetSendsTheRequestAndFramesTheScriptForTheTill) {
  nbo::v1::GetOffersResponse& answer = server_.queries.offers;
  answer.set_tier(nbo::v1::ANSWER_TIER_DEFAULT);
  answer.set_tier_reason(nbo::v1::TIER_REASON_UNKNOWN_CUSTOMER);
  auto* offer = answer.add_offers();
  offer->set_rank(1);
  offer->set_offer_id("coffee");
  offer->mutable_treatment()->set_script("Coffee is half price\ntoday: want one?");
  auto* explanation = answer.add_explanations();
  explanation->set_offer_id("tea");
  explanation->set_gate(nbo::v1::GATE_ELIGIBLE);
  explanation->set_detail("recency > 45 is false");
  EXPECT_EQ(Run({"offers", "get", "--card", "4711", "--channel", "pos", "--basket", "p1:DAIRY:1.99:2", "--basket", "p2",
                 "--attribute", "weather=hot", "--max", "2", "--explain"}),
            kExitOk)
      << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("+--------------------------------+\n"
                                    "| Coffee is half price           |\n"
                                    "| today: want one?               |\n"
                                    "+--------------------------------+\n"));
  EXPECT_THAT(out_.str(), HasSubstr("! Not a full answer: default tier (unknown customer)"));
  EXPECT_THAT(out_.str(), HasSubstr("tea    eligible      -  recency > 45 is false"));
  const nbo::v1::GetOffersRequest& request = server_.queries.last_offers_request;
  EXPECT_EQ(request.customer().identity().value(), "4711");
  EXPECT_EQ(request.basket_lines(0).amount_minor(), 199);
  EXPECT_EQ(request.basket_lines(0).quantity_milli(), 2000);
  EXPECT_EQ(request.basket_lines(1).quantity_milli(), 1000);
  EXPECT_EQ(request.attributes().at("weather"), "hot");
  EXPECT_EQ(Run({"offers", "get", "--channel", "tram"}), kExitUsage);
  EXPECT_EQ(Run({"offers", "get", "--channel", "pos", "--card", "1", "--customer", "2"}), kExitUsage);
}

TEST_F(CliTest, OffersExplainSaysOfEachOfferWhyInOneLine) {
  nbo::v1::GetOffersResponse& answer = server_.queries.offers;
  answer.set_tier(nbo::v1::ANSWER_TIER_FULL);
  const auto explain = [&answer](const char* id, nbo::v1::Gate gate, const char* detail) {
    auto* explanation = answer.add_explanations();
    explanation->set_offer_id(id);
    explanation->set_gate(gate);
    explanation->set_detail(detail);
  };
  explain("coffee-2for1", nbo::v1::GATE_ELIGIBLE, "customer.recency_days > 45 (it is 12)");
  explain("tea", nbo::v1::GATE_APPLICABLE, "\"TEA\" in\nbasket.categories");
  explain("cake", nbo::v1::GATE_SHOWN, "score: 1.0");
  EXPECT_EQ(Run({"offers", "explain", "--customer", "239", "--channel", "pos"}), kExitOk) << err_.str();
  EXPECT_EQ(out_.str(),
            "coffee-2for1: not eligible: customer.recency_days > 45 (it is 12)\n"
            "tea: not applicable: \"TEA\" in basket.categories\n"
            "cake: shown: score: 1.0\n");
  EXPECT_TRUE(server_.queries.last_offers_request.explain());
  EXPECT_EQ(server_.queries.last_offers_request.customer().customer_id(), "239");

  EXPECT_EQ(Run({"offers", "explain", "cake", "pie", "--customer", "239", "--channel", "pos"}), kExitNotFound);
  EXPECT_EQ(out_.str(), "cake: shown: score: 1.0\n");
  EXPECT_THAT(err_.str(), HasSubstr("has no offer 'pie'"));
  EXPECT_EQ(Run({"offers", "explain", "tea", "--channel", "pos", "--format", "json"}), kExitOk);
  EXPECT_EQ(Json().fields().at("gate").string_value(), "GATE_APPLICABLE");
  EXPECT_EQ(Run({"offers", "explain"}), kExitUsage);
}

TEST_F(CliTest, CatalogMistakesArePrintedAsTheServerRenderedThem) {
  const std::string file = WriteTestFile("c.yaml", "offers:\n");
  auto* diagnostic = server_.queries.validation.add_diagnostics();
  diagnostic->set_rendered("c.yaml:1:1: no offers\noffers:\n^");
  EXPECT_EQ(Run({"catalog", "validate", file}), kExitRefused);
  EXPECT_THAT(out_.str(), HasSubstr("c.yaml:1:1: no offers\noffers:\n^\n"));
  EXPECT_EQ(Run({"catalog", "publish", file}), kExitRefused);
  EXPECT_THAT(out_.str(), HasSubstr("c.yaml:1:1: no offers\noffers:\n^\n"));
  EXPECT_THAT(err_.str(), HasSubstr("was not published"));
  server_.queries.validation.Clear();
  server_.queries.validation.set_valid(true);
  EXPECT_EQ(Run({"catalog", "publish", file, "--dry-run", "--shift-weeks", "3", "--author", "anna"}), kExitOk);
  EXPECT_THAT(out_.str(), HasSubstr("would become version 7"));
  EXPECT_TRUE(server_.queries.last_publish_request.validate_only());
  EXPECT_EQ(server_.queries.last_publish_request.source().window_shift_days(), 21);
  EXPECT_EQ(Run({"catalog", "show", "--yaml"}), kExitOk);
  EXPECT_EQ(out_.str(), "offers: []\n");
  EXPECT_EQ(Run({"catalog", "show", "--version", "9"}), kExitNotFound);
  EXPECT_EQ(Run({"catalog", "show", "9"}), kExitNotFound);
}

TEST_F(CliTest, ACatalogThatIsNoTextIsNotSent) {
  EXPECT_EQ(Run({"catalog", "validate", WriteTestFile("latin.yaml", "catalog: caf\xE9\n")}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("latin.yaml: not UTF-8; save it as UTF-8"));
  EXPECT_EQ(Run({"catalog", "validate", WriteTestFile("empty.yaml", "")}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("empty.yaml is empty"));
}

TEST_F(CliTest, MistakesOnTheCommandLineEndWithUsage) {
  EXPECT_EQ(Run({"offers", "take"}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("nboctl: "));
  EXPECT_EQ(Run({"import", "purchases", "/nowhere.csv"}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("cannot open /nowhere.csv"));
  EXPECT_EQ(Run({"--help"}), kExitOk);
  EXPECT_THAT(out_.str(), HasSubstr("EXIT CODES"));
}

}  // namespace
}  // namespace nbo::ctl
