#include "server/ctl/offers_command.h"

#include <optional>
#include <ostream>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "server/ctl/api_client.h"
#include "server/ctl/api_time.h"
#include "server/ctl/attribute_options.h"
#include "server/ctl/decimal.h"
#include "server/ctl/offers_view.h"
#include "server/ctl/output.h"
#include "server/ctl/time_parsing.h"

namespace nbo::ctl {
namespace {

absl::StatusOr<int64_t> ParseUnits(absl::string_view text, int digits) {
  const absl::StatusOr<Decimal> number = ParseDecimal(text);
  if (!number.ok()) return number.status();
  return ToUnits(*number, digits);
}

}  // namespace

absl::StatusOr<nbo::v1::BasketLine> ParseBasketLine(absl::string_view text, int minor_digits) {
  const std::vector<std::string> parts = absl::StrSplit(text, ':');
  if (parts.size() > 4 || parts.front().empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--basket: \"", text, "\" is not of the form product[:category[:amount[:quantity]]]"));
  }
  nbo::v1::BasketLine line;
  line.set_product_id(parts[0]);
  line.set_quantity_milli(1000);
  if (parts.size() > 1) line.set_category(parts[1]);
  if (parts.size() > 2 && !parts[2].empty()) {
    const absl::StatusOr<int64_t> amount = ParseUnits(parts[2], minor_digits);
    if (!amount.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--basket ", text, ": the amount ", std::string(amount.status().message())));
    }
    line.set_amount_minor(*amount);
  }
  if (parts.size() > 3 && !parts[3].empty()) {
    const absl::StatusOr<int64_t> quantity = ParseUnits(parts[3], 3);
    if (!quantity.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--basket ", text, ": the quantity ", std::string(quantity.status().message())));
    }
    line.set_quantity_milli(*quantity);
  }
  return line;
}

absl::StatusOr<nbo::v1::GetOffersRequest> MakeOffersRequest(const OffersGetOptions& options, int minor_digits) {
  nbo::v1::GetOffersRequest request;
  const std::vector<std::string> ids =
      options.customer_id.empty() ? std::vector<std::string>() : std::vector<std::string>{options.customer_id};
  const std::vector<nbo::v1::CustomerRef> customers = Customers(ids, options.identities);
  if (customers.size() > 1) {
    return absl::InvalidArgumentError(
        "name one customer only: --customer, --card, --phone, --email, --app-user or --device");
  }
  if (!customers.empty()) *request.mutable_customer() = customers.front();
  const std::optional<nbo::v1::Channel> channel = ChannelByName(options.channel);
  if (!channel.has_value()) {
    return absl::InvalidArgumentError(absl::StrCat("--channel: \"", options.channel, "\" is none of ", ChannelNames()));
  }
  request.set_channel(*channel);
  request.set_placement(options.placement);
  request.set_store_id(options.store_id);
  request.set_terminal_id(options.terminal_id);
  request.set_operator_id(options.operator_id);
  request.set_locale(options.locale);
  for (const std::string& text : options.basket) {
    absl::StatusOr<nbo::v1::BasketLine> line = ParseBasketLine(text, minor_digits);
    if (!line.ok()) return line.status();
    *request.add_basket_lines() = *std::move(line);
  }
  request.set_max_offers(options.max_offers);
  request.set_request_id(options.request_id);
  if (absl::Status status = AddAttributes("--attribute", options.attributes, request.mutable_attributes());
      !status.ok()) {
    return status;
  }
  if (!options.as_of.empty()) {
    const absl::StatusOr<absl::Time> as_of = ParseRfc3339(options.as_of);
    if (!as_of.ok()) return as_of.status();
    *request.mutable_as_of() = ToTimestamp(*as_of);
  }
  request.set_explain(options.explain);
  return request;
}

namespace {

// Asks the server. kExitOk, or how the command ends.
ExitCode AskForOffers(const Context& context, const OffersGetOptions& options, nbo::v1::GetOffersRequest* request,
                      nbo::v1::GetOffersResponse* response) {
  absl::StatusOr<nbo::v1::GetOffersRequest> made = MakeOffersRequest(options, context.minor_digits);
  if (!made.ok()) return FailUsage(context, made.status());
  *request = *std::move(made);
  ApiClient client(context.server, context.timeout);
  if (absl::Status status = client.GetOffers(*request, response); !status.ok()) return Fail(context, status);
  return kExitOk;
}

}  // namespace

ExitCode RunOffersGet(Context& context, const OffersGetOptions& options) {
  nbo::v1::GetOffersRequest request;
  nbo::v1::GetOffersResponse response;
  if (const ExitCode code = AskForOffers(context, options, &request, &response); code != kExitOk) return code;
  if (context.format == OutputFormat::kJson) {
    PrintJson(context.out, response, false);
  } else {
    PrintOffers(context.out, response, request.channel());
  }
  return kExitOk;
}

ExitCode RunOffersExplain(Context& context, const OffersExplainOptions& options) {
  OffersGetOptions asked = options.request;
  asked.explain = true;
  nbo::v1::GetOffersRequest request;
  nbo::v1::GetOffersResponse response;
  if (const ExitCode code = AskForOffers(context, asked, &request, &response); code != kExitOk) return code;
  std::set<std::string> wanted(options.offer_ids.begin(), options.offer_ids.end());
  if (context.format == OutputFormat::kText) PrintTier(context.out, response);
  for (const nbo::v1::OfferExplanation& explanation : response.explanations()) {
    if (!options.offer_ids.empty() && wanted.erase(explanation.offer_id()) == 0) continue;
    if (context.format == OutputFormat::kJson) {
      PrintJson(context.out, explanation, false);
    } else {
      PrintExplanation(context.out, explanation);
    }
  }
  if (!options.offer_ids.empty() && !wanted.empty()) {
    return Fail(context, absl::NotFoundError(absl::StrCat("catalog version ", response.catalog_version(),
                                                          " has no offer '", absl::StrJoin(wanted, "', '"), "'")));
  }
  return kExitOk;
}

}  // namespace nbo::ctl
