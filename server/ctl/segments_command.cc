#include "server/ctl/segments_command.h"

#include <cmath>
#include <ostream>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "nbo/v1/segment_service.pb.h"
#include "server/ctl/api_client.h"
#include "server/ctl/api_time.h"
#include "server/ctl/decimal.h"
#include "server/ctl/output.h"
#include "server/ctl/time_parsing.h"

namespace nbo::ctl {
namespace {

using Bounds = google::protobuf::RepeatedField<double>;

std::string Scores(const nbo::v1::ScoreRange& range) {
  return range.low() == range.high() ? absl::StrCat(range.low()) : absl::StrCat(range.low(), "-", range.high());
}

void AddBounds(const char* name, const Bounds& bounds, double units_per_one, int digits, TextTable* table) {
  std::vector<std::string> cells = {name};
  for (double bound : bounds) cells.push_back(absl::StrFormat("%.*f", digits, bound / units_per_one));
  table->AddRow(std::move(cells));
}

void PrintPopulation(std::ostream& out, const nbo::v1::Population& population, int minor_digits) {
  const double seconds = static_cast<double>(population.refresh_duration().seconds()) +
                         static_cast<double>(population.refresh_duration().nanos()) / 1e9;
  TextTable facts("ll");
  facts.AddRow({"Population", absl::StrCat(population.customer_count(), " customers with a visit")});
  facts.AddRow({"As of", population.as_of_day()});
  facts.AddRow({"Computed", absl::StrFormat("%s in %.2f s", FormatTimestamp(population.compute_time()), seconds)});
  facts.Print(out);
  out << "\n";
  TextTable bounds("lrrrr");
  bounds.AddRow({"Scores divide at", "20 %", "40 %", "60 %", "80 %"});
  AddBounds("recency, days", population.recency_days_bounds(), 1, 1, &bounds);
  AddBounds("frequency, visits", population.frequency_bounds(), 1, 1, &bounds);
  AddBounds("monetary", population.revenue_minor_bounds(), std::pow(10.0, minor_digits), minor_digits, &bounds);
  bounds.Print(out);
}

// The report, computed anew if so asked.
absl::StatusOr<nbo::v1::SegmentReport> Ask(ApiClient& client, bool refresh,
                                           const nbo::v1::RefreshSegmentsRequest& request) {
  absl::Status status;
  if (refresh) {
    nbo::v1::RefreshSegmentsResponse response;
    status = client.RefreshSegments(request, &response);
    if (status.ok()) return response.report();
  } else {
    nbo::v1::GetSegmentSizesResponse response;
    status = client.GetSegmentSizes({}, &response);
    if (status.ok()) return response.report();
  }
  return status;
}

}  // namespace

void PrintSegments(std::ostream& out, const nbo::v1::SegmentReport& report, int minor_digits) {
  PrintPopulation(out, report.population(), minor_digits);
  TextTable table("lllllrrrr");
  table.AddRow({"Segment", "Id", "R", "F", "M", "Customers", "Orders", "Revenue", "Share"});
  for (const nbo::v1::SegmentSize& size : report.segments()) {
    table.AddRow({size.name(), size.segment_id(), Scores(size.recency()), Scores(size.frequency()),
                  Scores(size.monetary()), absl::StrCat(size.customer_count()), absl::StrCat(size.order_count()),
                  FormatUnits(size.revenue_minor(), minor_digits), FormatShare(size.customer_share())});
  }
  out << "\n";
  table.Print(out);
}

ExitCode RunSegments(Context& context, const SegmentsOptions& options) {
  nbo::v1::RefreshSegmentsRequest request;
  if (!options.as_of.empty()) {
    const absl::StatusOr<absl::Time> as_of = ParseRfc3339(options.as_of);
    if (!as_of.ok()) return FailUsage(context, as_of.status());
    *request.mutable_as_of() = ToTimestamp(*as_of);
  }
  ApiClient client(context.server, context.timeout);
  const absl::StatusOr<nbo::v1::SegmentReport> report = Ask(client, options.refresh, request);
  if (absl::IsDeadlineExceeded(report.status())) {
    return Fail(context, absl::DeadlineExceededError(
                             absl::StrCat(report.status().message(), "; nbod goes on computing, see later")));
  }
  if (!report.ok()) return Fail(context, report.status());
  if (context.format == OutputFormat::kJson) {
    PrintJson(context.out, *report, false);
  } else {
    PrintSegments(context.out, *report, context.minor_digits);
  }
  return kExitOk;
}

}  // namespace nbo::ctl
