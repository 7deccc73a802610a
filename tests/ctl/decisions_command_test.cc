// nboctl decisions against the fake server.
#include "server/ctl/decisions_command.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/ctl/cli_fixture.h"

namespace nbo::ctl {
namespace {

using testing::ContainsRegex;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class DecisionsCommandTest : public CliTest {
 protected:
  static grpc::Status Gone() { return {grpc::StatusCode::FAILED_PRECONDITION, "its catalog is gone"}; }
  void AddOutcome(const std::string& token) {
    nbo::v1::DecidedOutcome* outcome = log_.entries.emplace_back().mutable_outcome();
    outcome->set_attribution_token(token);
    outcome->set_kind(nbo::v1::OUTCOME_KIND_SPOKEN);
    outcome->set_operator_id("ben");
    outcome->mutable_receive_time()->set_seconds(1'718'366'430);
  }

  FakeDecisions& log_ = server_.decisions;
};

TEST_F(DecisionsCommandTest, ReplayGoesOnBehindWhatCannotBeComputedAgainAndCountsItByReason) {
  for (const char* id : {"a", "b", "c", "d", "e"}) log_.Add(id);
  log_.refused_replays = {{"a", Gone()}, {"c", Gone()}, {"d", {grpc::StatusCode::DATA_LOSS, "cannot be read"}}};
  EXPECT_EQ(Run({"decisions", "replay"}), kExitOk) << err_.str();
  EXPECT_EQ(out_.str(),
            "1 decision could not be computed again, e.g. d: cannot be read\n"
            "2 decisions could not be computed again, e.g. a: its catalog is gone\n"
            "2 decisions computed again, all the same\n");
  EXPECT_THAT(log_.replayed, ElementsAre("a", "b", "c", "d", "e"));
}

TEST_F(DecisionsCommandTest, ReplayIsRefusedIfOneIsNotTheSame) {
  for (const char* id : {"a", "b", "c"}) log_.Add(id);
  log_.refused_replays = {{"a", Gone()}};
  log_.different = {{"b", {"tier: was 1, is 2"}}};
  EXPECT_EQ(Run({"decisions", "replay"}), kExitRefused);
  EXPECT_THAT(out_.str(), HasSubstr("b is not the same: tier: was 1, is 2\n"));
  EXPECT_THAT(out_.str(), HasSubstr("2 decisions computed again, 1 not the same\n"));
}

TEST_F(DecisionsCommandTest, ReplayOfNothingIsNoSuccess) {
  EXPECT_EQ(Run({"decisions", "replay"}), kExitNotFound);
  EXPECT_THAT(err_.str(), HasSubstr("no such decision was recorded in full"));
  log_.Add("a", /*full=*/false);
  EXPECT_EQ(Run({"decisions", "replay"}), kExitNotFound);
  EXPECT_THAT(out_.str(), IsEmpty());
  log_.Add("b");
  log_.refused_replays = {{"b", Gone()}};
  EXPECT_EQ(Run({"decisions", "replay"}), kExitRefused);
  EXPECT_THAT(out_.str(), Not(HasSubstr("the same")));
  log_.refused_replays = {{"x", {grpc::StatusCode::NOT_FOUND, "no such decision"}}};
  EXPECT_EQ(Run({"decisions", "replay", "x"}), kExitNotFound);
  EXPECT_THAT(out_.str(), HasSubstr("e.g. x: no such decision\n0 decisions computed again\n"));
}

TEST_F(DecisionsCommandTest, ReplayEndsWhereOthersWouldFailTooAndSaysWhatWasDone) {
  for (const char* id : {"a", "b", "c"}) log_.Add(id);
  log_.refused_replays = {{"b", {grpc::StatusCode::UNAVAILABLE, "disk"}}};
  EXPECT_EQ(Run({"decisions", "replay"}), kExitUnavailable);
  EXPECT_THAT(log_.replayed, ElementsAre("a", "b"));
  EXPECT_THAT(out_.str(), HasSubstr("1 decision computed again, all the same\n"));
}

TEST_F(DecisionsCommandTest, ReplayAsJsonKeepsWhatIsForPeopleApart) {
  for (const char* id : {"a", "b"}) log_.Add(id);
  log_.refused_replays = {{"a", Gone()}};
  EXPECT_EQ(Run({"decisions", "replay", "--format", "json"}), kExitOk);
  EXPECT_TRUE(Json().fields().contains("differences"));
  EXPECT_THAT(err_.str(), HasSubstr("its catalog is gone"));
}

TEST_F(DecisionsCommandTest, TailShowsAllThatWasHeldBack) {
  nbo::v1::Decision* decision = log_.Add("a");
  decision->add_ghosts()->set_offer_id("tea");
  decision->add_ghosts()->set_offer_id("coffee");
  EXPECT_EQ(Run({"decisions", "tail"}), kExitOk);
  EXPECT_THAT(out_.str(), HasSubstr("nothing (control group: tea, coffee held back)"));
}

TEST_F(DecisionsCommandTest, TailTurnsPagesUntilItHasItsLines) {
  for (int i = 0; i < 9; ++i) log_.Add(absl::StrCat("decision-", i));
  EXPECT_EQ(Run({"decisions", "tail", "-n", "5"}), kExitOk);
  EXPECT_THAT(out_.str(), Not(HasSubstr("decision-3")));
  EXPECT_LT(out_.str().find("decision-4"), out_.str().find("decision-8")) << "the newest last";
  EXPECT_THAT(log_.lists, SizeIs(3));
}

TEST_F(DecisionsCommandTest, ShowCollectsOutcomesFromAllPages) {
  log_.Add("a")->add_offers()->set_rank(1);
  for (int i = 0; i < 3; ++i) AddOutcome("a.1");
  EXPECT_EQ(Run({"decisions", "show", "a", "--format", "json"}), kExitOk) << err_.str();
  EXPECT_EQ(Json().fields().at("outcomes").list_value().values_size(), 3);
}

TEST_F(DecisionsCommandTest, ShowSaysWhatBecameOfEachOfferWhenAndByWhom) {
  nbo::v1::Decision* decision = log_.Add("a");
  decision->set_request_id("r-1");
  decision->set_terminal_id("t3");
  decision->add_offers()->set_rank(1);
  decision->mutable_offers(0)->set_offer_id("tea");
  decision->add_ghosts()->set_offer_id("coffee");
  decision->add_candidates()->set_offer_id("milk");
  decision->mutable_candidates(0)->set_gate(nbo::v1::GATE_ELIGIBLE);
  AddOutcome("a.1");
  EXPECT_EQ(Run({"decisions", "show", "a"}), kExitOk) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("request r-1, terminal t3\n"));
  EXPECT_THAT(out_.str(), ContainsRegex("1  tea .* spoken\n"));
  EXPECT_THAT(out_.str(), ContainsRegex("-  coffee .* held back\n"));
  EXPECT_THAT(out_.str(), HasSubstr("2024-06-14 12:00:30 UTC  a.1  nobody: spoken by ben\n"));
  EXPECT_THAT(out_.str(), HasSubstr("milk: not eligible\n"));
}

TEST_F(DecisionsCommandTest, TimesMayBeGivenByHowLongAgoAndMistakesNameTheOption) {
  const absl::Time now = absl::Now();
  EXPECT_EQ(Run({"decisions", "tail", "--from", "2h", "--to", "90m"}), kExitOk) << err_.str();
  ASSERT_THAT(log_.lists, SizeIs(1));
  const int64_t from = log_.lists[0].from().seconds(), to = log_.lists[0].to().seconds();
  EXPECT_GE(from, absl::ToUnixSeconds(now - absl::Hours(2)));
  EXPECT_NEAR(static_cast<double>(to - from), 1800, 1);
  EXPECT_EQ(Run({"decisions", "export", "--to", "yesterday"}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("--to: \"yesterday\" is not a time"));
}

TEST_F(DecisionsCommandTest, ExportIsNotGivenUpForACallThatWasRefusedForTooManyOthers) {
  for (int i = 0; i < 5; ++i) log_.Add(absl::StrCat("decision-", i));
  log_.busy = 3;
  int slept = 0;
  on_sleep_ = [&] { ++slept; };
  EXPECT_EQ(Run({"decisions", "export"}), kExitOk) << err_.str();
  const std::string lines = out_.str();
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 5);
  EXPECT_EQ(slept, 3);
  log_.busy = 1000;
  EXPECT_EQ(Run({"decisions", "export"}), kExitRefused);
  EXPECT_THAT(err_.str(), HasSubstr("too many wait"));
}

}  // namespace
}  // namespace nbo::ctl
