#include "server/ctl/profile_command.h"

#include <algorithm>
#include <ostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nbo/v1/profile_service.pb.h"
#include "server/ctl/api_client.h"
#include "server/ctl/api_time.h"
#include "server/ctl/decimal.h"
#include "server/ctl/output.h"
#include "server/ctl/time_parsing.h"

namespace nbo::ctl {
namespace {

constexpr int kShownCategories = 10;

std::string Days(int32_t days) { return absl::StrCat(days, days == 1 ? " day" : " days"); }

void PrintFacts(std::ostream& out, const nbo::v1::GetProfileResponse& profile) {
  TextTable table("ll");
  table.AddRow({"Customer", profile.customer_id()});
  table.AddRow({"As of", FormatTimestamp(profile.as_of())});
  table.AddRow({"Recency", profile.has_recency_days() ? Days(profile.recency_days()) : "never visited"});
  table.AddRow({"Tenure", profile.has_tenure_days() ? Days(profile.tenure_days()) : "-"});
  table.AddRow({"Usual store", profile.usual_store_id().empty() ? "-" : profile.usual_store_id()});
  table.AddRow({"Discount share", profile.has_discount_share() ? FormatShare(profile.discount_share()) : "-"});
  table.AddRow({"Segments", profile.segments().empty() ? "none" : absl::StrJoin(profile.segments(), ", ")});
  table.AddRow({"RFM", profile.rfm_segment().empty()
                           ? "not scored"
                           : absl::StrCat(profile.rfm_segment(), " (R ", profile.recency_score(), ", F ",
                                          profile.frequency_score(), ", M ", profile.monetary_score(), ")")});
  table.AddRow({"State digest", profile.state_digest()});
  table.Print(out);
}

void PrintWindows(std::ostream& out, const nbo::v1::GetProfileResponse& profile, int minor_digits) {
  TextTable table("lrrrr");
  table.AddRow({"Window", "Visits", "Revenue", "Discount", "Average ticket"});
  for (const auto& window : profile.windows()) {
    table.AddRow({window.window_days() == 0 ? "lifetime" : Days(window.window_days()), absl::StrCat(window.frequency()),
                  FormatUnits(window.revenue_minor(), minor_digits), FormatUnits(window.discount_minor(), minor_digits),
                  window.has_average_ticket_minor() ? FormatUnits(window.average_ticket_minor(), minor_digits) : "-"});
  }
  out << "\n";
  table.Print(out);
}

void PrintCategories(std::ostream& out, const nbo::v1::GetProfileResponse& profile, int minor_digits) {
  if (profile.categories().empty()) return;
  TextTable table("lrrrr");
  table.AddRow({"Category", "Share", "Visits", "Revenue", "Last bought"});
  const int shown = std::min(kShownCategories, profile.categories_size());
  for (int i = 0; i < shown; ++i) {
    const nbo::v1::CategoryFeatures& category = profile.categories(i);
    table.AddRow(
        {category.category(), FormatShare(category.share()), absl::StrCat(category.visits()),
         FormatUnits(category.revenue_minor(), minor_digits),
         category.has_days_since_purchase() ? absl::StrCat(Days(category.days_since_purchase()), " ago") : "-"});
  }
  out << "\n";
  table.Print(out);
  if (profile.categories_size() > shown) {
    out << "and " << profile.categories_size() - shown << " more; --format json shows all\n";
  }
}

// What rules see as customer.attributes.
void PrintAttributes(std::ostream& out, const nbo::v1::GetProfileResponse& profile) {
  const auto fact = std::find_if(profile.facts().begin(), profile.facts().end(),
                                 [](const nbo::v1::Fact& f) { return f.name() == "customer.attributes"; });
  if (fact == profile.facts().end() || fact->value().map_value().entries().empty()) return;
  TextTable table("ll");
  table.AddRow({"Attribute", "Value"});
  for (const auto& entry : fact->value().map_value().entries()) {
    table.AddRow({entry.key().string_value(), entry.value().string_value()});
  }
  out << "\n";
  table.Print(out);
}

void PrintChannels(std::ostream& out, const nbo::v1::GetProfileResponse& profile) {
  if (profile.channels().empty()) return;
  TextTable table("lrr");
  table.AddRow({"Channel", "Visits", "Share"});
  for (const auto& channel : profile.channels()) {
    table.AddRow({ChannelName(channel.channel()), absl::StrCat(channel.visits()), FormatShare(channel.share())});
  }
  out << "\n";
  table.Print(out);
}

}  // namespace

void PrintProfile(std::ostream& out, const nbo::v1::GetProfileResponse& profile, int minor_digits) {
  PrintFacts(out, profile);
  PrintWindows(out, profile, minor_digits);
  PrintCategories(out, profile, minor_digits);
  PrintChannels(out, profile);
  PrintAttributes(out, profile);
}

ExitCode RunProfileShow(Context& context, const ProfileShowOptions& options) {
  const std::vector<nbo::v1::CustomerRef> customers = Customers(options.ids, options.identities);
  if (customers.empty()) {
    return FailUsage(context, absl::InvalidArgumentError(
                                  "name a customer: an ID, --card, --phone, --email, --app-user or --device"));
  }
  nbo::v1::GetProfileRequest request;
  if (!options.as_of.empty()) {
    const absl::StatusOr<absl::Time> as_of = ParseRfc3339(options.as_of);
    if (!as_of.ok()) return FailUsage(context, as_of.status());
    *request.mutable_as_of() = ToTimestamp(*as_of);
  }
  request.set_store_id(options.store_id);
  ApiClient client(context.server, context.timeout);
  ExitCode exit_code = kExitOk;
  bool first = true;
  for (const nbo::v1::CustomerRef& customer : customers) {
    *request.mutable_customer() = customer;
    nbo::v1::GetProfileResponse profile;
    const absl::Status status = client.GetProfile(request, &profile);
    if (absl::IsNotFound(status)) {
      context.err << "nboctl: " << Describe(customer) << " is not known: " << status.message() << "\n";
      exit_code = kExitNotFound;
      continue;
    }
    if (!status.ok()) return Fail(context, status);
    if (context.format == OutputFormat::kJson) {
      PrintJson(context.out, profile, false);
      continue;
    }
    if (!first) context.out << "\n----\n\n";
    first = false;
    PrintProfile(context.out, profile, context.minor_digits);
  }
  return exit_code;
}

}  // namespace nbo::ctl
