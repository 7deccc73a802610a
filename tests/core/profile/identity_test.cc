#include "core/profile/identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "core/base/limits.h"

namespace nbo {
namespace {

using ::testing::StartsWith;

TEST(DerivedCustomerId, IsPinnedForEver) {
  EXPECT_EQ(DerivedCustomerId({IdentityType::kLoyaltyCard, "4711"}), "~c:4711");
  EXPECT_EQ(DerivedCustomerId({IdentityType::kPhone, "+49"}), "~p:+49");
  EXPECT_EQ(DerivedCustomerId({IdentityType::kEmail, "a@b.c"}), "~e:a@b.c");
  EXPECT_EQ(DerivedCustomerId({IdentityType::kAppUser, "u"}), "~a:u");
  EXPECT_EQ(DerivedCustomerId({IdentityType::kDevice, "d"}), "~d:d");
}

TEST(DerivedCustomerId, LeadsBackToTheIdentity) {
  for (int type = 1; type < kIdentityTypeCount; ++type) {
    for (const std::string& value :
         std::vector<std::string>{"x", "~c:1", ":", "Жук", std::string(kMaxIdentityBytes, '9')}) {
      const std::string id = DerivedCustomerId({static_cast<IdentityType>(type), value});
      ASSERT_TRUE(IsDerivedCustomerId(id)) << id;
      EXPECT_EQ(static_cast<int>(IdentityOfDerivedId(id).type), type);
      EXPECT_EQ(IdentityOfDerivedId(id).value, value);
    }
  }
}

TEST(DerivedCustomerId, OtherIdsAreNotTakenForOne) {
  for (const char* id : {"", "~", "~c", "~c:", "c:4711", "~x:1", "~?:1", "~C:1", "~c4711", "4711"}) {
    EXPECT_FALSE(IsDerivedCustomerId(id)) << id;
  }
  EXPECT_FALSE(IsDerivedCustomerId(absl::string_view("~\0:1", 4))) << "the end of the letters is no letter";
}

TEST(CheckIdentity, AcceptsExactlyTheLongestValue) {
  EXPECT_TRUE(CheckIdentity("i", {IdentityType::kPhone, std::string(kMaxIdentityBytes, '1')}).ok());
  const absl::Status longer = CheckIdentity("i", {IdentityType::kPhone, std::string(kMaxIdentityBytes + 1, '1')});
  EXPECT_EQ(std::string(longer.message()), "i.value: 61 bytes; at most 60 are allowed");
}

TEST(CheckIdentity, NamesTheFieldThatIsWrong) {
  const struct {
    Identity identity;
    const char* message;
  } cases[] = {
      {{IdentityType::kUnspecified, "1"}, "purchase.customer.identity.type: is required"},
      {{static_cast<IdentityType>(kIdentityTypeCount), "1"}, "purchase.customer.identity.type: is required"},
      {{IdentityType::kEmail, ""}, "purchase.customer.identity.value: is required"},
      {{IdentityType::kEmail, "a\tb"}, "purchase.customer.identity.value: contains a control character"},
      {{IdentityType::kEmail, "\xE9"}, "purchase.customer.identity.value: not valid UTF-8"},
  };
  for (const auto& c : cases) {
    const absl::Status status = CheckIdentity("purchase.customer.identity", c.identity);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), StartsWith(c.message));
  }
}

class IdentityHistoryTest : public ::testing::Test {
 protected:
  static absl::Time At(int64_t second) { return absl::FromUnixSeconds(second); }
  static OwnerStatement Of(const char* customer, int64_t second) { return {At(second), {Owner::kCustomer, customer}}; }
  static OwnerStatement Nobody(int64_t second) { return {At(second), {}}; }
  std::string OwnerAt(int64_t second) const { return history_.OwnerAt(At(second)).customer_id; }

  IdentityHistory history_;
};

TEST_F(IdentityHistoryTest, BelongsToNobodyUntilSomethingIsStated) {
  EXPECT_EQ(history_.OwnerAt(At(5)).kind, Owner::kNobody);
  EXPECT_EQ(history_.current().kind, Owner::kNobody);
}

TEST_F(IdentityHistoryTest, TheFirstOwnerHadItAllAlongAndEachNextOneFromItsMoment) {
  history_.Add(Of("anna", 10));
  history_.Add(Of("bert", 20));
  EXPECT_EQ(OwnerAt(0), "anna");
  EXPECT_EQ(OwnerAt(19), "anna");
  EXPECT_EQ(OwnerAt(20), "bert");
  EXPECT_EQ(history_.current().customer_id, "bert");
}

TEST_F(IdentityHistoryTest, UnlinkedItBelongsToNobodyUntilTheNextLink) {
  history_.Add(Of("anna", 10));
  history_.Add(Nobody(20));
  history_.Add(Of("bert", 30));
  EXPECT_EQ(OwnerAt(15), "anna");
  EXPECT_EQ(history_.OwnerAt(At(25)).kind, Owner::kNobody);
  EXPECT_EQ(OwnerAt(30), "bert");
}

TEST_F(IdentityHistoryTest, AnyOrderOfStatementsGivesTheSameHistory) {
  std::vector<OwnerStatement> statements = {Of("anna", 10), Of("bert", 20), Of("carl", 20),
                                            Nobody(20),     Nobody(30),     Of("anna", 30)};
  IdentityHistory expected;
  for (const OwnerStatement& statement : statements) expected.Add(statement);
  EXPECT_EQ(expected.OwnerAt(At(20)).customer_id, "carl") << "of one moment the greater id";
  EXPECT_EQ(expected.current().customer_id, "anna") << "somebody holds against nobody";
  std::vector<int> order = {0, 1, 2, 3, 4, 5};
  do {
    IdentityHistory history;
    for (int i : order) history.Add(statements[static_cast<size_t>(i)]);
    for (int i : order) EXPECT_FALSE(history.Add(statements[static_cast<size_t>(i)])) << "known already";
    ASSERT_EQ(history, expected);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_F(IdentityHistoryTest, ReplacesAnOwnerWhereverItStands) {
  history_.Add(Of("anna", 10));
  history_.Add(Of("bert", 20));
  history_.Add(Of("anna", 30));
  history_.Replace({Owner::kCustomer, "anna"}, {Owner::kErased, ""});
  EXPECT_EQ(history_.OwnerAt(At(5)).kind, Owner::kErased);
  EXPECT_EQ(OwnerAt(20), "bert");
  EXPECT_EQ(history_.current().kind, Owner::kErased);
}

}  // namespace
}  // namespace nbo
