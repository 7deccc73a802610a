#include "core/profile/identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

TEST(Supersedes, TheLaterLinkHoldsAndOfEqualTimesTheGreaterId) {
  const auto link = [](const char* customer, int64_t second) {
    return IdentityLink{{IdentityType::kPhone, "1"}, customer, absl::FromUnixSeconds(second)};
  };
  EXPECT_TRUE(Supersedes(link("a", 2), link("b", 1)));
  EXPECT_FALSE(Supersedes(link("b", 1), link("a", 2)));
  EXPECT_TRUE(Supersedes(link("b", 1), link("a", 1)));
  EXPECT_FALSE(Supersedes(link("a", 1), link("b", 1)));
  EXPECT_FALSE(Supersedes(link("a", 1), link("a", 1))) << "the same statement again changes nothing";
}

}  // namespace
}  // namespace nbo
