// What is refused of statements, and how.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "server/handlers/statement_handler.h"
#include "tests/server/handlers/customer_fixture.h"

namespace nbo::server {
namespace {

using ::testing::StartsWith;

constexpr int64_t kDaySeconds = 86'400;

class StatementRefusalTest : public CustomerTest {
 protected:
  template <typename Answer>
  void ExpectRefused(const Answer& answer, const char* message) {
    EXPECT_EQ(answer.status.code(), absl::StatusCode::kInvalidArgument) << message;
    EXPECT_THAT(answer.message(), StartsWith(message));
    EXPECT_EQ(store_.writes, 0) << message;
    EXPECT_EQ(store_.syncs, 0) << "nothing reached the registrar";
  }
};

template <typename Request>
struct BadCase {
  const char* message;
  std::function<void(Request&)> change;
};

// Of requests with an identity and a time.
template <typename Request>
std::vector<BadCase<Request>> BadIdentitiesAndTimes() {
  return {
      {"identity.type: is required", [](auto& r) { r.clear_identity(); }},
      {"identity.type: is required", [](auto& r) { r.mutable_identity()->clear_type(); }},
      {"identity.type: is required", [](auto& r) { r.mutable_identity()->set_type(static_cast<v1::IdentityType>(6)); }},
      {"identity.type: is required",
       [](auto& r) { r.mutable_identity()->set_type(static_cast<v1::IdentityType>(-1)); }},
      {"identity.value: is required", [](auto& r) { r.mutable_identity()->clear_value(); }},
      {"identity.value: 61 bytes", [](auto& r) { r.mutable_identity()->set_value(std::string(61, '1')); }},
      {"identity.value: contains a control character", [](auto& r) { r.mutable_identity()->set_value("1\n"); }},
      {"time: is required", [](auto& r) { r.clear_time(); }},
      {"time: not a valid timestamp", [](auto& r) { r.mutable_time()->set_nanos(-1); }},
      {"time: not a valid timestamp", [](auto& r) { r.mutable_time()->set_seconds(INT64_MAX); }},
      {"time: 1969-12-31T23:59:59", [](auto& r) { r.mutable_time()->set_seconds(-1); }},
      {"time: 2024-06-15T12:00:01+00:00 is more than 24h in the future",
       [](auto& r) { r.mutable_time()->set_seconds(kNoon + kDaySeconds + 1); }},
  };
}

TEST_F(StatementRefusalTest, ALinkIsToldWhichFieldIsWrong) {
  auto cases = BadIdentitiesAndTimes<v1::LinkIdentityRequest>();
  cases.push_back({"customer_id: is required", [](auto& r) { r.clear_customer_id(); }});
  cases.push_back({"customer_id: 65 bytes", [](auto& r) { r.set_customer_id(std::string(65, 'x')); }});
  cases.push_back({"customer_id: contains a control character", [](auto& r) { r.set_customer_id("a\tb"); }});
  cases.push_back({"customer_id: ids that begin with '~'", [](auto& r) { r.set_customer_id("~c:1"); }});
  cases.push_back({"customer_id: ids that begin with '~'", [](auto& r) { r.set_customer_id("~"); }});
  for (const auto& c : cases) {
    v1::LinkIdentityRequest request = LinkOf("4711", "anna", kNoon);
    c.change(request);
    ExpectRefused(Link(request), c.message);
  }
}

TEST_F(StatementRefusalTest, AnUnlinkIsToldWhichFieldIsWrong) {
  for (const auto& c : BadIdentitiesAndTimes<v1::UnlinkIdentityRequest>()) {
    v1::UnlinkIdentityRequest request;
    *request.mutable_identity() = CardOf("4711").identity();
    request.mutable_time()->set_seconds(kNoon);
    c.change(request);
    ExpectRefused(Unlink(request), c.message);
  }
}

TEST_F(StatementRefusalTest, AMergeIsToldWhichFieldIsWrong) {
  ExpectRefused(Merge("", "b"), "absorbed_customer_id: is required");
  ExpectRefused(Merge("~c:1", "b"), "absorbed_customer_id: ids that begin with '~'");
  ExpectRefused(Merge(std::string(65, 'x'), "b"), "absorbed_customer_id: 65 bytes");
  ExpectRefused(Merge("a", ""), "surviving_customer_id: is required");
  ExpectRefused(Merge("a", "~c:1"), "surviving_customer_id: ids that begin with '~'");
  ExpectRefused(Merge("a", "b\x7F"), "surviving_customer_id: contains a control character");
  ExpectRefused(Merge("", ""), "absorbed_customer_id: is required");
  ExpectRefused(Merge("a", "a"), "surviving_customer_id: is the same");
}

TEST_F(StatementRefusalTest, AConsentIsToldWhichFieldIsWrong) {
  const std::vector<BadCase<v1::RecordConsentRequest>> cases = {
      {"customer: is required", [](auto& r) { r.clear_customer(); }},
      {"customer.customer_id: is required", [](auto& r) { *r.mutable_customer() = CustomerOf(""); }},
      {"customer.customer_id: 65 bytes", [](auto& r) { *r.mutable_customer() = CustomerOf(std::string(65, 'x')); }},
      {"customer.identity.type: is required",
       [](auto& r) { r.mutable_customer()->mutable_identity()->set_value("1"); }},
      {"customer.identity.value: is required", [](auto& r) { *r.mutable_customer() = CardOf(""); }},
      {"channel: is required", [](auto& r) { r.clear_channel(); }},
      {"channel: 12 is no channel", [](auto& r) { r.set_channel(static_cast<v1::Channel>(12)); }},
      {"channel: -1 is no channel", [](auto& r) { r.set_channel(static_cast<v1::Channel>(-1)); }},
      {"time: is required", [](auto& r) { r.clear_time(); }},
      {"time: 2024-06-15T12:00:01+00:00 is more than 24h in the future",
       [](auto& r) { r.mutable_time()->set_seconds(kNoon + kDaySeconds + 1); }},
      {"source: 65 bytes", [](auto& r) { r.set_source(std::string(65, 'x')); }},
  };
  for (const auto& c : cases) {
    v1::RecordConsentRequest request = ConsentOf(CustomerOf("anna"), kNoon);
    c.change(request);
    ExpectRefused(Consent(request), c.message);
  }
}

TEST_F(StatementRefusalTest, AttributesAreToldWhichFieldIsWrong) {
  const std::vector<BadCase<v1::RecordAttributesRequest>> cases = {
      {"customer: is required", [](auto& r) { r.clear_customer(); }},
      {"customer.customer_id: ids that begin with '~'", [](auto& r) { *r.mutable_customer() = CustomerOf("~c:1"); }},
      {"time: is required", [](auto& r) { r.clear_time(); }},
      {"time: 2024-06-15T12:00:01+00:00 is more than 24h in the future",
       [](auto& r) { r.mutable_time()->set_seconds(kNoon + kDaySeconds + 1); }},
      {"source: 65 bytes", [](auto& r) { r.set_source(std::string(65, 'x')); }},
      {"source: contains a control character", [](auto& r) { r.set_source("a\nb"); }},
      {"attributes: is required", [](auto& r) { r.clear_attributes(); }},
      {"attributes: 33 keys with removed_keys; at most 32",
       [](auto& r) {
         for (int i = 0; i < 31; ++i) (*r.mutable_attributes())[absl::StrCat(i)] = "v";
         r.add_removed_keys("x");
       }},
      {"attributes (key): an empty key", [](auto& r) { (*r.mutable_attributes())[""] = "v"; }},
      {"attributes (key): 65 bytes", [](auto& r) { (*r.mutable_attributes())[std::string(65, 'x')] = "v"; }},
      {"attributes (key): contains a control character", [](auto& r) { (*r.mutable_attributes())["a\x1B"] = "v"; }},
      {"attributes[\"tier\"]: 257 bytes; at most 256",
       [](auto& r) { (*r.mutable_attributes())["tier"] = std::string(257, 'x'); }},
      {"attributes[\"tier\"]: contains a control character",
       [](auto& r) { (*r.mutable_attributes())["tier"] = "gold\n"; }},
      {"removed_keys: an empty key", [](auto& r) { r.add_removed_keys(""); }},
      {"removed_keys: 65 bytes", [](auto& r) { r.add_removed_keys(std::string(65, 'x')); }},
      {"removed_keys: \"tier\" is in attributes, too", [](auto& r) { r.add_removed_keys("tier"); }},
  };
  for (const auto& c : cases) {
    v1::RecordAttributesRequest request = AttributesOf(CustomerOf("anna"), kNoon);
    (*request.mutable_attributes())["tier"] = "gold";
    c.change(request);
    ExpectRefused(Attributes(request), c.message);
  }
}

TEST_F(StatementRefusalTest, AnErasureIsToldWhichFieldIsWrong) {
  ExpectRefused(Erase(v1::CustomerRef()), "customer: is required");
  ExpectRefused(Erase(CustomerOf("")), "customer.customer_id: is required");
  ExpectRefused(Erase(CardOf(std::string(61, '1'))), "customer.identity.value: 61 bytes");
}

TEST_F(StatementRefusalTest, TheLongestAndLatestAreTaken) {
  EXPECT_TRUE(Link(std::string(60, '1'), std::string(64, 'x'), kNoon + kDaySeconds).status.ok());
  EXPECT_TRUE(Consent(CustomerOf("a"), true, 0, std::string(64, 'x')).status.ok()) << "1970-01-01, 64 bytes";
}

TEST_F(StatementRefusalTest, AFailingStoreMakesStatementsUnavailable) {
  store_.fail_writes = true;
  EXPECT_TRUE(absl::IsUnavailable(Link("1", "anna", kNoon).status));
  EXPECT_TRUE(absl::IsUnavailable(Erase(CustomerOf("anna")).status));
  EXPECT_TRUE(absl::IsUnavailable(Consent(CustomerOf("anna"), true, kNoon).status));
  EXPECT_TRUE(absl::IsUnavailable(Attributes(CustomerOf("anna"), {{"tier", "gold"}}, kNoon).status));
  store_.fail_writes = false;
  store_.fail_read_identities = true;
  EXPECT_TRUE(absl::IsUnavailable(Consent(CardOf("1"), true, kNoon).status));
  EXPECT_TRUE(absl::IsUnavailable(Erase(CardOf("1")).status));
  store_.fail_read_identities = false;
  EXPECT_TRUE(Link("1", "anna", kNoon).status.ok());
}

TEST_F(StatementRefusalTest, TooManyWaitingStatementsAreRefused) {
  absl::Notification started, go_on, gone_on;
  auto hold_up = [&](Registry*) {
    started.Notify();
    go_on.WaitForNotification();
    return absl::OkStatus();
  };
  ASSERT_TRUE(pipeline_.TrySubmitStatement(hold_up, [&](const absl::Status&) { gone_on.Notify(); }).ok());
  started.WaitForNotification();
  auto nothing = [](Registry*) { return absl::OkStatus(); };
  while (pipeline_.TrySubmitStatement(nothing, [](const absl::Status&) {}).ok()) {
  }
  const auto refused = Link("1", "anna", kNoon);  // called back at once, or this would wait for ever
  go_on.Notify();
  gone_on.WaitForNotification();
  EXPECT_EQ(refused.status.code(), absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace nbo::server
