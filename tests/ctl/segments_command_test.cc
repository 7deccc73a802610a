// nboctl segments against the fake server.
#include "server/ctl/segments_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "server/ctl/cli.h"
#include "tests/ctl/fake_server.h"

namespace nbo::ctl {
namespace {

using testing::HasSubstr;

void AddSegment(const std::string& id, const std::string& name, int low, int high, int64_t customers, double share,
                nbo::v1::SegmentReport* report) {
  nbo::v1::SegmentSize* segment = report->add_segments();
  segment->set_segment_id(id);
  segment->set_name(name);
  for (nbo::v1::ScoreRange* range :
       {segment->mutable_recency(), segment->mutable_frequency(), segment->mutable_monetary()}) {
    range->set_low(low);
    range->set_high(high);
  }
  segment->set_customer_count(customers);
  segment->set_order_count(customers * 3);
  segment->set_revenue_minor(customers * 1050);
  segment->set_customer_share(share);
}

nbo::v1::SegmentReport Report() {
  nbo::v1::SegmentReport report;
  nbo::v1::Population* population = report.mutable_population();
  population->set_as_of_day("2006-12-31");
  population->set_customer_count(995);
  population->mutable_compute_time()->set_seconds(1'718'366'400);
  population->mutable_refresh_duration()->set_nanos(250'000'000);
  for (double bound : {115.0, 181.0, 297.4, 482.0}) population->add_recency_days_bounds(bound);
  for (double bound : {4.0, 5.0, 6.0, 8.0}) population->add_frequency_bounds(bound);
  for (double bound : {25580.0, 38200.0, 50640.0, 66600.0}) population->add_revenue_minor_bounds(bound);
  AddSegment("champions", "Champions", 5, 5, 35, 0.035176, &report);
  AddSegment("others", "Others", 1, 5, 0, 0, &report);
  return report;
}

class SegmentsTest : public testing::Test {
 protected:
  int Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"nboctl", "segments"});
    arguments.push_back("--server=" + server_.address());
    std::vector<const char*> argv;
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    Context context{.out = out_, .err = err_};
    context.now = [] { return absl::Now(); };
    context.sleep = [](absl::Duration) {};
    return RunNboctl(static_cast<int>(argv.size()), argv.data(), context);
  }

  FakeServer server_;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(SegmentsTest, PrintsBoundsAndSizes) {
  server_.queries.segments = Report();
  EXPECT_EQ(Run({}), kExitOk) << err_.str();
  EXPECT_EQ(out_.str(),
            "Population  995 customers with a visit\n"
            "As of       2006-12-31\n"
            "Computed    2024-06-14 12:00:00 UTC in 0.25 s\n"
            "\n"
            "Scores divide at     20 %    40 %    60 %    80 %\n"
            "recency, days       115.0   181.0   297.4   482.0\n"
            "frequency, visits     4.0     5.0     6.0     8.0\n"
            "monetary           255.80  382.00  506.40  666.00\n"
            "\n"
            "Segment    Id         R    F    M    Customers  Orders  Revenue  Share\n"
            "Champions  champions  5    5    5           35     105   367.50  3.5 %\n"
            "Others     others     1-5  1-5  1-5          0       0     0.00  0.0 %\n");
  EXPECT_TRUE(server_.queries.refresh_requests.empty());
}

TEST_F(SegmentsTest, RefreshesWhenAskedAndPassesTheMomentOn) {
  server_.queries.segments = Report();
  EXPECT_EQ(Run({"--refresh", "--as-of", "2006-12-31T12:00:00Z", "--format", "json"}), kExitOk) << err_.str();
  ASSERT_EQ(server_.queries.refresh_requests.size(), 1u);
  EXPECT_EQ(server_.queries.refresh_requests[0].as_of().seconds(), 1'167'566'400);
  EXPECT_THAT(out_.str(), HasSubstr("\"segment_id\":\"champions\""));
  EXPECT_THAT(out_.str(), HasSubstr("\"recency_days_bounds\":[115,181,297.4,482]"));
  EXPECT_EQ(Run({"--refresh"}), kExitOk);
  EXPECT_FALSE(server_.queries.refresh_requests.at(1).has_as_of());
}

TEST_F(SegmentsTest, SaysWhatToDoWhenThereIsNothingYet) {
  EXPECT_EQ(Run({}), kExitNotFound);
  EXPECT_THAT(err_.str(), HasSubstr("not computed yet"));
}

TEST_F(SegmentsTest, ARefreshThatTakesLongerGoesOn) {
  server_.queries.refresh_time = absl::Milliseconds(500);
  EXPECT_EQ(Run({"--refresh", "--timeout", "0.05"}), kExitUnavailable);
  EXPECT_THAT(err_.str(), HasSubstr("nbod goes on computing"));
}

TEST_F(SegmentsTest, RefusesAMomentWithoutARefreshAndAMalformedOne) {
  EXPECT_EQ(Run({"--as-of", "2006-12-31T12:00:00Z"}), kExitUsage);
  EXPECT_EQ(Run({"--refresh", "--as-of", "yesterday"}), kExitUsage);
  EXPECT_TRUE(server_.queries.refresh_requests.empty());
}

}  // namespace
}  // namespace nbo::ctl
