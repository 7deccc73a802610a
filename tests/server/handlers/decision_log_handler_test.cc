#include "server/handlers/decision_log_handler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/server/decision/decision_fixture.h"

namespace nbo::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class DecisionLogHandlerTest : public DecisionTest {
 protected:
  void SetUp() override {
    Publish(Yaml("", OfferText("a")));
    for (const char* customer : {"anna", "ben"}) Know(customer);
  }
  // Decisions for both in turn, a minute apart; each first offer is spoken of.
  void DecideMany(int count) {
    for (int i = 0; i < count; ++i) {
      const v1::GetOffersResponse given = Offers(i % 2 == 0 ? "anna" : "ben");
      ids_.push_back(given.decision_id());
      Advance(absl::Seconds(30));
      ASSERT_TRUE(Tell(given.offers(0).attribution_token(), v1::OUTCOME_KIND_SPOKEN).status.ok());
      Advance(absl::Seconds(30));
    }
  }
  v1::ListEntriesResponse List(const v1::ListEntriesRequest& request) { return List(log_, request); }
  static v1::ListEntriesResponse List(const DecisionLogHandler& log, const v1::ListEntriesRequest& request) {
    v1::ListEntriesResponse response;
    const absl::Status status = log.ListEntries(request, &response);
    EXPECT_TRUE(status.ok()) << status;
    return response;
  }
  // The ids of decisions, page by page.
  static std::vector<std::string> Decisions(const DecisionLogHandler& log, v1::ListEntriesRequest request,
                                            int* pages = nullptr) {
    std::vector<std::string> ids;
    for (int page = 1;; ++page) {
      const v1::ListEntriesResponse response = List(log, request);
      EXPECT_LE(response.entries_size(), request.page_size() == 0 ? 100 : request.page_size());
      for (const v1::LogEntry& entry : response.entries()) {
        if (entry.has_decision()) ids.push_back(entry.decision().decision_id());
      }
      if (pages != nullptr) *pages = page;
      if (response.next_page_token().empty()) return ids;
      request.set_page_token(response.next_page_token());
    }
  }
  std::string Refusal(const v1::ListEntriesRequest& request) {
    v1::ListEntriesResponse response;
    const absl::Status status = log_.ListEntries(request, &response);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return std::string(status.message());
  }
  // Looks at so many entries a call.
  DecisionLogHandler Looking(uint64_t most) {
    return {deciding_.log(), deciding_.catalogs(), 100,
            [this](absl::string_view bytes, CustomerState* state) { return shelf_.Find(bytes, state); }, most};
  }

  std::vector<std::string> ids_;
};

TEST_F(DecisionLogHandlerTest, PagesFollowEachOtherWithoutGapOrRepetitionInBothOrders) {
  DecideMany(25);
  for (const int size : {1, 7, 50, 1000}) {
    v1::ListEntriesRequest request;
    request.set_page_size(size);
    EXPECT_EQ(Decisions(log_, request), ids_);
    request.set_newest_first(true);
    std::vector<std::string> newest_first = ids_;
    std::reverse(newest_first.begin(), newest_first.end());
    EXPECT_EQ(Decisions(log_, request), newest_first);
  }
}

TEST_F(DecisionLogHandlerTest, APageThatHoldsTheLastEntryHasNoNextOne) {
  DecideMany(5);
  v1::ListEntriesRequest request;
  request.set_page_size(5);
  request.set_decisions_only(true);
  EXPECT_THAT(List(request).next_page_token(), IsEmpty());
  request.set_newest_first(true);
  EXPECT_THAT(List(request).next_page_token(), IsEmpty());
  request.set_page_size(4);
  const std::string token = List(request).next_page_token();
  ASSERT_THAT(token, Not(IsEmpty()));
  request.set_page_token(token);
  const v1::ListEntriesResponse second = List(request);
  ASSERT_THAT(second.entries(), SizeIs(1));
  EXPECT_EQ(second.entries(0).decision().decision_id(), ids_.front());
}

TEST_F(DecisionLogHandlerTest, NewestFirstHoldsToItsBounds) {
  const absl::Time begin = clock_.Now();
  DecideMany(10);
  v1::ListEntriesRequest request;
  request.set_newest_first(true);
  request.set_decisions_only(true);
  FromTime(begin + absl::Minutes(3), request.mutable_from());
  FromTime(begin + absl::Minutes(6), request.mutable_to());
  EXPECT_THAT(Decisions(log_, request), ElementsAre(ids_[5], ids_[4], ids_[3])) << "from inclusive, to exclusive";
  request.set_page_size(1);
  EXPECT_THAT(Decisions(log_, request), ElementsAre(ids_[5], ids_[4], ids_[3]));
  request.set_customer_id("anna");
  EXPECT_THAT(Decisions(log_, request), ElementsAre(ids_[4]));
}

TEST_F(DecisionLogHandlerTest, NoCallLooksAtMoreThanItMayAndNothingIsMissedForIt) {
  DecideMany(20);
  const DecisionLogHandler log = Looking(7);
  for (const bool newest_first : {false, true}) {
    v1::ListEntriesRequest request;
    request.set_newest_first(newest_first);
    int pages = 0;
    EXPECT_THAT(Decisions(log, request, &pages), SizeIs(20));
    EXPECT_EQ(pages, 6) << "40 entries, 7 a call";
    request.set_customer_id("nobody");
    EXPECT_THAT(Decisions(log, request, &pages), IsEmpty());
    EXPECT_EQ(pages, 6);
    FromTime(clock_.Now() + absl::Hours(1), request.mutable_from());
    EXPECT_THAT(Decisions(log, request, &pages), IsEmpty());
    EXPECT_LE(pages, 6);
  }
}

TEST_F(DecisionLogHandlerTest, OutcomesOfADecisionComeInPagesToo) {
  DecideMany(20);
  const DecisionLogHandler log = Looking(7);
  v1::GetDecisionRequest request;
  request.set_decision_id(ids_[0]);
  int outcomes = 0, pages = 0;
  do {
    v1::GetDecisionResponse response;
    ASSERT_TRUE(log.GetDecision(request, &response).ok());
    EXPECT_EQ(response.decision().decision_id(), ids_[0]);
    outcomes += response.outcomes_size();
    request.set_page_token(response.next_page_token());
    ++pages;
  } while (!request.page_token().empty());
  EXPECT_EQ(outcomes, 1) << "those of others are theirs";
  EXPECT_EQ(pages, 6);
}

TEST_F(DecisionLogHandlerTest, FollowingSeesEachNewEntryOnceAndIsNeverAtTheEnd) {
  DecideMany(3);
  v1::ListEntriesRequest request;
  request.set_from_end(true);
  request.set_customer_id("ben");
  request.set_page_token(List(request).next_page_token());
  EXPECT_THAT(List(request).entries(), IsEmpty());
  std::vector<std::string> seen;
  for (int i = 0; i < 4; ++i) {
    DecideMany(2);
    const v1::ListEntriesResponse response = List(request);
    for (const v1::LogEntry& entry : response.entries()) {
      if (entry.has_decision()) seen.push_back(entry.decision().decision_id());
    }
    ASSERT_THAT(response.next_page_token(), Not(IsEmpty()));
    request.set_page_token(response.next_page_token());
  }
  EXPECT_THAT(seen, ElementsAre(ids_[4], ids_[6], ids_[8], ids_[10]));
}

TEST_F(DecisionLogHandlerTest, DecisionsOfMoreCatalogsThanAreAtHandAreComputedAgain) {
  for (int version = 0; version < 7; ++version) {
    Publish(Yaml("", OfferText(absl::StrCat("offer-", version))));
    v1::GetOffersRequest request = Asking("anna");
    request.set_record_in_full(true);
    ids_.push_back(Offers(request).decision_id());
  }
  for (int round = 0; round < 2; ++round) {
    for (size_t version = 0; version < ids_.size(); ++version) {
      v1::ReplayDecisionRequest request;
      request.set_decision_id(ids_[version]);
      v1::ReplayDecisionResponse response;
      const absl::Status status = log_.ReplayDecision(request, &response);
      ASSERT_TRUE(status.ok()) << status;
      EXPECT_THAT(response.differences(), IsEmpty());
      EXPECT_EQ(response.computed().offers(0).offer_id(), absl::StrCat("offer-", version));
    }
  }
}

TEST_F(DecisionLogHandlerTest, SaysWhatIsWrongWithARequestAndWhatToDo) {
  DecideMany(3);
  v1::ListEntriesRequest request;
  request.set_from_end(true);
  request.set_newest_first(true);
  EXPECT_THAT(Refusal(request), HasSubstr("newest_first: does not go with from_end"));
  request.set_from_end(false);
  request.set_page_size(2);
  const std::string token = List(request).next_page_token();
  request.set_newest_first(false);
  request.set_page_token(token);
  EXPECT_THAT(Refusal(request), HasSubstr("page_token: is none of this request's"));
  for (const char* nonsense : {"x", "-", "--1", "1.5", "99999999999999999999999"}) {
    request.set_page_token(nonsense);
    EXPECT_THAT(Refusal(request), HasSubstr("page_token"));
  }
}

}  // namespace
}  // namespace nbo::server
