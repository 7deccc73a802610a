#include "server/handlers/segment_handler.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/time/civil_time.h"
#include "server/handlers/convert.h"

namespace nbo::server {
namespace {

using Bounds = google::protobuf::RepeatedField<double>;

void FillBounds(const QuintileBounds& bounds, Bounds* out) {
  for (int score = 2; score <= kRfmScores; ++score) out->Add(bounds.Lower(score));
}

void FillRange(const ScoreRange& range, v1::ScoreRange* out) {
  out->set_low(range.low);
  out->set_high(range.high);
}

void FillPopulation(const Population& population, v1::Population* out) {
  out->set_as_of_day(absl::FormatCivilTime(absl::CivilDay(1970, 1, 1) + population.as_of_day));
  FromTime(population.compute_time, out->mutable_compute_time());
  absl::Duration fraction;
  out->mutable_refresh_duration()->set_seconds(absl::IDivDuration(population.duration, absl::Seconds(1), &fraction));
  out->mutable_refresh_duration()->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(fraction)));
  out->set_customer_count(population.customers);
  FillBounds(population.recency_days, out->mutable_recency_days_bounds());
  FillBounds(population.frequency, out->mutable_frequency_bounds());
  FillBounds(population.revenue_minor, out->mutable_revenue_minor_bounds());
}

void FillReport(const Population& population, const Catalog& catalog, v1::SegmentReport* report) {
  FillPopulation(population, report->mutable_population());
  report->set_catalog_version(catalog.version);
  const std::vector<RfmTotals> sizes = SegmentSizes(population, catalog.rfm);
  for (size_t i = 0; i < sizes.size(); ++i) {
    const RfmSegment& segment = catalog.rfm.segments()[i];
    v1::SegmentSize* out = report->add_segments();
    out->set_segment_id(segment.id);
    out->set_name(segment.name);
    FillRange(segment.recency, out->mutable_recency());
    FillRange(segment.frequency, out->mutable_frequency());
    FillRange(segment.monetary, out->mutable_monetary());
    out->set_customer_count(sizes[i].customers);
    out->set_order_count(sizes[i].orders);
    out->set_revenue_minor(sizes[i].revenue_minor);
    if (population.customers > 0) {
      out->set_customer_share(static_cast<double>(sizes[i].customers) / static_cast<double>(population.customers));
    }
  }
}

}  // namespace

absl::Status SegmentHandler::GetSegmentSizes(const v1::GetSegmentSizesRequest&,
                                             v1::GetSegmentSizesResponse* response) const {
  const std::shared_ptr<const Population> population = population_->Pin();
  if (population == nullptr) {
    return absl::NotFoundError("the segments were not computed yet; call RefreshSegments (nboctl segments --refresh)");
  }
  FillReport(*population, *catalog_->Pin(), response->mutable_report());
  return absl::OkStatus();
}

void SegmentHandler::RefreshSegments(const v1::RefreshSegmentsRequest& request, RefreshDone done) const {
  std::optional<Day> as_of_day;
  if (request.has_as_of()) {
    if (!replay_enabled_) {
      return done(
          absl::InvalidArgumentError("as_of: refused; only a server with replay.enabled computes for another time"),
          {});
    }
    auto as_of = ToTime("as_of", request.as_of());
    if (!as_of.ok()) return done(as_of.status(), {});
    as_of_day = DayIn(*as_of, time_zone_);
  }
  refresher_->Refresh(as_of_day, [catalog = catalog_, done = std::move(done)](const auto& population) {
    v1::RefreshSegmentsResponse response;
    if (population.ok()) FillReport(**population, *catalog->Pin(), response.mutable_report());
    done(population.status(), response);
  });
}

}  // namespace nbo::server
