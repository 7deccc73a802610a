// Command lines about customers and the store against the fake server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "server/ctl/api_time.h"
#include "tests/ctl/cli_fixture.h"

namespace nbo::ctl {
namespace {

using testing::HasSubstr;
using testing::Not;

class CliCustomerTest : public CliTest {
 protected:
  static nbo::v1::Rebuild Rebuild(bool running, int64_t done, int64_t changed = 0, int64_t failed = 0) {
    nbo::v1::Rebuild rebuild;
    rebuild.set_running(running);
    rebuild.mutable_start_time()->set_seconds(1000);
    if (!running) rebuild.mutable_end_time()->set_seconds(1003);
    rebuild.set_customers_count(done);
    rebuild.set_estimated_customers_count(100);
    rebuild.set_changed_count(changed);
    rebuild.set_failed_count(failed);
    if (failed > 0) rebuild.set_error("customer 7: bad checksum");
    return rebuild;
  }
};

TEST_F(CliCustomerTest, IdentityLinkSaysWhoseTheCardIsAndWhatMoved) {
  EXPECT_EQ(Run({"identity", "link", "--card", "4711", "--customer", "239"}), kExitOk) << err_.str();
  EXPECT_EQ(out_.str(), "loyalty card 4711 belongs to customer 239\n");
  server_.events.moved_receipts = 12;
  EXPECT_EQ(Run({"identity", "link", "--card", "4711", "--customer", "239"}), kExitOk);
  EXPECT_EQ(out_.str(), "loyalty card 4711 belongs to customer 239; 12 receipts were moved\n");
  server_.events.erased = {"58"};
  EXPECT_EQ(Run({"identity", "link", "--card", "4711", "--customer", "58"}), kExitOk);
  EXPECT_THAT(out_.str(), HasSubstr("was not linked"));
  EXPECT_EQ(Run({"identity", "link", "--customer", "239"}), kExitUsage);
  EXPECT_EQ(Run({"identity", "link", "--card", "1", "--customer", "239", "--time", "May"}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("--time: \"May\" is not a time"));
}

TEST_F(CliCustomerTest, IdentityUnlinkSaysWhoseTheCardIsNow) {
  server_.events.unlinked.set_moved_receipts_count(1);
  EXPECT_EQ(Run({"identity", "unlink", "--phone", "+49", "--time", "2026-01-31T12:00:00Z"}), kExitOk) << err_.str();
  EXPECT_EQ(out_.str(), "phone +49 belongs to nobody known; 1 receipt was moved\n");
  server_.events.unlinked.set_customer_id("58");
  EXPECT_EQ(Run({"identity", "unlink", "--phone", "+49", "--card", "1"}), kExitOk);
  EXPECT_THAT(out_.str(), HasSubstr("phone +49 belongs to customer 58 (by a later statement)"));
  EXPECT_THAT(out_.str(), HasSubstr("loyalty card 1 belongs to customer 58"));
  EXPECT_EQ(Run({"identity", "unlink"}), kExitUsage);
}

TEST_F(CliCustomerTest, MergeSaysWhereEverythingIsNow) {
  server_.events.merged.set_customer_id("239");
  server_.events.merged.set_moved_receipts_count(3);
  EXPECT_EQ(Run({"customer", "merge", "12", "239"}), kExitOk) << err_.str();
  EXPECT_EQ(out_.str(), "Customer 12 is customer 239 now; 3 receipts moved\n");
  EXPECT_EQ(Run({"customer", "merge", "12", "58"}), kExitOk);
  EXPECT_THAT(out_.str(), HasSubstr("is customer 239 now (customer 58 was merged into that one before)"));
  EXPECT_EQ(Run({"customer", "merge", "239", "12"}), kExitOk);
  EXPECT_THAT(out_.str(), HasSubstr("Nothing changed"));
  EXPECT_EQ(Run({"customer", "merge", "12", "239", "--format=json"}), kExitOk);
  EXPECT_EQ(Json().fields().at("moved_receipts_count").string_value(), "3");
  EXPECT_EQ(Run({"customer", "merge", "1", "1"}), kExitRefused);
  EXPECT_EQ(Run({"customer", "merge", "1"}), kExitUsage);
}

TEST_F(CliCustomerTest, ConsentSendsTheStatementAndSaysWhetherItHolds) {
  EXPECT_EQ(Run({"customer", "consent", "e-mail", "granted", "--card", "1"}), kExitUsage);
  EXPECT_EQ(Run({"customer", "consent", "sms", "withdrawn", "--card", "4711", "--time", "2026-01-31T12:00:00+01:00",
                 "--source", "call"}),
            kExitOk)
      << err_.str();
  EXPECT_EQ(out_.str(), "Customer 239: consent for sms withdrawn since 2026-01-31 11:00:00 UTC\n");
  const nbo::v1::RecordConsentRequest& sent = server_.events.last_consent;
  EXPECT_EQ(sent.customer().identity().value(), "4711");
  EXPECT_EQ(sent.channel(), nbo::v1::CHANNEL_SMS);
  EXPECT_FALSE(sent.granted());
  EXPECT_EQ(sent.source(), "call");
  server_.events.consent_changes = false;
  EXPECT_EQ(Run({"customer", "consent", "sms", "granted", "--customer", "239"}), kExitOk);
  EXPECT_TRUE(server_.events.last_consent.granted());
  EXPECT_THAT(out_.str(), HasSubstr("Nothing changed for customer 239"));
  EXPECT_EQ(Run({"customer", "consent", "sms", "maybe", "--customer", "239"}), kExitUsage);
  EXPECT_EQ(Run({"customer", "consent", "sms", "granted"}), kExitUsage);
  EXPECT_EQ(Run({"customer", "consent", "sms", "granted", "--customer", "239", "--card", "1"}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("name one customer only"));
}

TEST_F(CliCustomerTest, AttributesSendsWhatHoldsAndWhatDoesNotAnyMore) {
  EXPECT_EQ(Run({"customer", "attributes", "tier=gold", "formula=a=b", "--remove", "trial", "--card", "4711", "--time",
                 "2026-01-31T12:00:00+01:00", "--source", "crm"}),
            kExitOk)
      << err_.str();
  EXPECT_EQ(out_.str(), "Customer 239: tier, formula set, trial removed since 2026-01-31 11:00:00 UTC\n");
  const nbo::v1::RecordAttributesRequest& sent = server_.events.last_attributes;
  EXPECT_EQ(sent.customer().identity().value(), "4711");
  EXPECT_EQ(sent.attributes().at("tier"), "gold");
  EXPECT_EQ(sent.attributes().at("formula"), "a=b");
  ASSERT_EQ(sent.removed_keys_size(), 1);
  EXPECT_EQ(sent.removed_keys(0), "trial");
  EXPECT_EQ(sent.source(), "crm");
  EXPECT_EQ(Run({"customer", "attributes", "--remove", "tier", "--remove", "app", "--customer", "239"}), kExitOk);
  EXPECT_THAT(out_.str(), HasSubstr("Customer 239: tier, app removed since"));
  server_.events.attributes_change = false;
  EXPECT_EQ(Run({"customer", "attributes", "tier=", "--customer", "239"}), kExitOk);
  EXPECT_EQ(server_.events.last_attributes.attributes().at("tier"), "");
  EXPECT_THAT(out_.str(), HasSubstr("Nothing changed for customer 239"));
  EXPECT_EQ(Run({"customer", "attributes", "tier=gold", "--customer", "239", "--format=json"}), kExitOk);
  EXPECT_FALSE(Json().fields().at("changed").bool_value());
}

TEST_F(CliCustomerTest, AttributesThatAreNoneAreTold) {
  EXPECT_EQ(Run({"customer", "attributes", "--customer", "239"}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("KEY=VALUE"));
  EXPECT_EQ(Run({"customer", "attributes", "tier", "--customer", "239"}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("ATTRIBUTE: \"tier\" is not of the form key=value"));
  EXPECT_EQ(Run({"customer", "attributes", "tier=gold"}), kExitUsage);
  EXPECT_EQ(Run({"customer", "attributes", "tier=gold", "--customer", "239", "--time", "May"}), kExitUsage);
}

TEST_F(CliCustomerTest, ProfileShowListsAttributes) {
  nbo::v1::GetProfileResponse& profile = server_.queries.profiles["239"];
  nbo::v1::Fact* fact = profile.add_facts();
  fact->set_name("customer.attributes");
  nbo::v1::MapValue::Entry* entry = fact->mutable_value()->mutable_map_value()->add_entries();
  entry->mutable_key()->set_string_value("tier");
  entry->mutable_value()->set_string_value("gold");
  EXPECT_EQ(Run({"profile", "show", "239"}), kExitOk) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("Attribute  Value\ntier       gold\n"));
  fact->clear_value();
  EXPECT_EQ(Run({"profile", "show", "239"}), kExitOk);
  EXPECT_THAT(out_.str(), Not(HasSubstr("Attribute")));
}

TEST_F(CliCustomerTest, ExportIsOneObjectOverAllPages) {
  auto& pages = server_.customers.pages;
  pages.resize(3);
  for (int page = 0; page < 3; ++page) {
    pages[page].set_customer_id("239");
    pages[page].add_receipts()->mutable_purchase()->set_receipt_id(absl::StrCat("r", page, "\"\n"));
  }
  pages[0].add_merged_customer_ids("quote\"d");
  pages[0].add_merged_customer_ids("12");
  pages[0].add_identities()->mutable_identity()->set_value("4711");
  pages[0].add_consents()->set_granted(true);
  pages[0].add_attributes()->set_key("tier");
  pages[0].set_dropped_receipts_count(5);
  server_.queries.profiles["239"].set_usual_store_id("s1");
  EXPECT_EQ(Run({"customer", "export", "--card", "4711"}), kExitOk) << err_.str();
  const auto object = Json().fields();
  EXPECT_EQ(object.at("customer_id").string_value(), "239");
  EXPECT_EQ(object.at("merged_customer_ids").list_value().values(0).string_value(), "quote\"d");
  EXPECT_EQ(object.at("merged_customer_ids").list_value().values_size(), 2);
  EXPECT_EQ(object.at("identities").list_value().values_size(), 1);
  EXPECT_EQ(object.at("consents").list_value().values_size(), 1);
  EXPECT_EQ(object.at("attributes").list_value().values_size(), 1);
  EXPECT_EQ(object.at("dropped_receipts_count").string_value(), "5");
  EXPECT_EQ(object.at("profile").struct_value().fields().at("usual_store_id").string_value(), "s1");
  const auto& receipts = object.at("receipts").list_value();
  ASSERT_EQ(receipts.values_size(), 3);
  EXPECT_EQ(
      receipts.values(2).struct_value().fields().at("purchase").struct_value().fields().at("receipt_id").string_value(),
      "r2\"\n");
  const auto& requests = server_.customers.export_requests;
  ASSERT_EQ(requests.size(), 3u);
  EXPECT_EQ(requests[0].customer().identity().value(), "4711");
  EXPECT_EQ(requests[2].customer().customer_id(), "239") << "one person from the first page on";
}

TEST_F(CliCustomerTest, ExportWithoutReceiptsOrProfileIsStillAnObject) {
  server_.customers.pages.resize(1);
  server_.customers.pages[0].set_customer_id("1");
  EXPECT_EQ(Run({"customer", "export", "1"}), kExitOk) << err_.str();
  EXPECT_TRUE(Json().fields().at("profile").has_null_value());
  EXPECT_EQ(Json().fields().at("receipts").list_value().values_size(), 0);
  server_.customers.pages.clear();
  EXPECT_EQ(Run({"customer", "export", "1"}), kExitNotFound);
  EXPECT_EQ(out_.str(), "");
  EXPECT_EQ(Run({"customer", "export"}), kExitUsage);
}

TEST_F(CliCustomerTest, AnExportCutHalfwayCannotBeTakenForAWholeOne) {
  server_.customers.pages.resize(2);
  server_.customers.pages[0].set_customer_id("1");
  server_.customers.pages[1].set_customer_id("broken");
  EXPECT_EQ(Run({"customer", "export", "1"}), kExitUnavailable);
  EXPECT_THAT(err_.str(), HasSubstr("the export is not complete"));
  google::protobuf::Struct object;
  EXPECT_FALSE(google::protobuf::util::JsonStringToMessage(out_.str(), &object).ok());
}

TEST_F(CliCustomerTest, EraseAsksAndTakesOnlyYes) {
  auto& profile = server_.queries.profiles["239"];
  profile.set_recency_days(3);
  profile.add_windows()->set_frequency(97);
  for (const char* answer : {"no\n", "\n", "y\n", "eyes\n"}) {
    answer_ = answer;
    EXPECT_EQ(Run({"customer", "erase", "239"}), kExitUsage);
    EXPECT_THAT(err_.str(), HasSubstr("Erase customer 239 (97 visits, the last 3 days ago)?"));
    EXPECT_THAT(err_.str(), HasSubstr("nothing was erased"));
  }
  EXPECT_TRUE(server_.customers.erase_requests.empty());
  server_.customers.erased.set_known(true);
  server_.customers.erased.set_receipts_count(97);
  server_.customers.erased.set_identities_count(1);
  answer_ = " Yes \n";
  EXPECT_EQ(Run({"customer", "erase", "239"}), kExitOk) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("Erased customer 239: 97 receipts, 1 identity. The files still hold"));
  EXPECT_EQ(server_.customers.erase_requests.size(), 1u);
  EXPECT_EQ(server_.customers.compactions, 0);
}

TEST_F(CliCustomerTest, EraseWithoutATerminalRequiresYes) {
  EXPECT_EQ(Run({"customer", "erase", "239"}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("add --yes"));
  EXPECT_TRUE(server_.customers.erase_requests.empty());
  EXPECT_EQ(Run({"customer", "erase", "--card", "4711", "--yes"}), kExitOk) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("Nothing was known of loyalty card 4711"));
  EXPECT_EQ(Run({"customer", "erase", "239", "--yes", "--compact", "--format=json"}), kExitOk);
  EXPECT_FALSE(Json().fields().at("known").bool_value());
  EXPECT_THAT(err_.str(), HasSubstr("may take minutes"));
  EXPECT_EQ(server_.customers.compactions, 1);
  EXPECT_EQ(Run({"customer", "erase", "--yes"}), kExitUsage);
}

TEST_F(CliCustomerTest, CompactSaysThatItTakesAWhile) {
  EXPECT_EQ(Run({"compact"}), kExitOk);
  EXPECT_THAT(err_.str(), HasSubstr("may take minutes"));
  EXPECT_THAT(out_.str(), HasSubstr("All files are rewritten"));
  EXPECT_EQ(server_.customers.compactions, 1);
}

TEST_F(CliCustomerTest, RebuildWatchesToTheEnd) {
  server_.customers.rebuilds = {Rebuild(true, 0), Rebuild(true, 40), Rebuild(false, 98, 2)};
  EXPECT_EQ(Run({"rebuild"}), kExitOk) << err_.str();
  EXPECT_EQ(server_.customers.rebuild_looks, 2);
  EXPECT_THAT(out_.str(), HasSubstr("Rebuilt 98 customers in 3.0 s"));
  EXPECT_THAT(out_.str(), HasSubstr("2 profiles were not what the receipts say"));
  server_.customers.rebuilds = {Rebuild(false, 98)};
  EXPECT_EQ(Run({"rebuild", "--format=json"}), kExitOk);
  EXPECT_EQ(Json().fields().at("customers_count").string_value(), "98");
  EXPECT_EQ(server_.customers.rebuild_looks, 2) << "it had ended when it answered";
}

TEST_F(CliCustomerTest, RebuildTellsFailedCustomersByItsExitCode) {
  server_.customers.rebuild_starts = false;
  server_.customers.rebuilds = {Rebuild(true, 50), Rebuild(false, 100, 0, 3)};
  EXPECT_EQ(Run({"rebuild", "--quiet"}), kExitRefused);
  EXPECT_THAT(err_.str(), HasSubstr("a rebuild is under way already"));
  EXPECT_THAT(err_.str(), HasSubstr("the receipts of 3 customers cannot be read"));
  EXPECT_THAT(err_.str(), HasSubstr("customer 7: bad checksum"));
  nbo::v1::Rebuild stopped = Rebuild(false, 50);
  stopped.set_error("disk full");
  server_.customers.rebuilds = {stopped};
  EXPECT_EQ(Run({"rebuild", "--status"}), kExitRefused);
  EXPECT_THAT(out_.str(), HasSubstr("Stopped after 50 customers"));
  EXPECT_THAT(err_.str(), HasSubstr("stopped before its end: disk full"));
}

TEST_F(CliCustomerTest, RebuildStatusOnlyLooks) {
  EXPECT_EQ(Run({"rebuild", "--status"}), kExitOk);
  EXPECT_EQ(out_.str(), "No rebuild was started since the server was\n");
  server_.customers.rebuilds = {Rebuild(true, 40)};
  EXPECT_EQ(Run({"rebuild", "--status"}), kExitOk);
  EXPECT_THAT(out_.str(), HasSubstr("40 of about 100 customers done\n"));
}

TEST_F(CliCustomerTest, RebuildSaysWhenARestartHasForgottenIt) {
  server_.customers.rebuilds = {Rebuild(true, 40), nbo::v1::Rebuild()};
  EXPECT_EQ(Run({"rebuild"}), kExitUnavailable);
  EXPECT_THAT(err_.str(), HasSubstr("the server was restarted"));
}

TEST_F(CliCustomerTest, CtrlCLeavesTheServerAtWorkAndSaysSo) {
  server_.customers.rebuilds = {Rebuild(true, 40)};
  int sleeps = 0;
  on_sleep_ = [&] {
    if (++sleeps == 3) std::raise(SIGINT);
  };
  EXPECT_EQ(Run({"rebuild"}), kExitInterrupted);
  EXPECT_EQ(sleeps, 3);
  EXPECT_THAT(err_.str(), HasSubstr("the server goes on with the rebuild"));
  EXPECT_EQ(out_.str(), "");
}

TEST_F(CliCustomerTest, EveryCommandHasHelpWithAnExample) {
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{{"import", "purchases"},
                                                                                       {"identity", "link"},
                                                                                       {"identity", "unlink"},
                                                                                       {"customer", "merge"},
                                                                                       {"customer", "consent"},
                                                                                       {"customer", "attributes"},
                                                                                       {"customer", "export"},
                                                                                       {"customer", "erase"},
                                                                                       {"rebuild"},
                                                                                       {"compact"}}) {
    std::vector<std::string> arguments = command;
    arguments.push_back("--help");
    EXPECT_EQ(Run(arguments), kExitOk);
    EXPECT_THAT(out_.str(), HasSubstr("EXAMPLE"));
    EXPECT_THAT(out_.str(), HasSubstr("nboctl " + command.front()));
  }
}

}  // namespace
}  // namespace nbo::ctl
