// nbo_bench_json: what JSON costs: an answer of three offers printed, a request with a basket of five lines parsed, by
// JsonCodec, by protobuf's own converter, and in binary; the median of turns taken one after the other.
#include <google/protobuf/util/json_util.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "nbo/v1/decision_service.pb.h"
#include "server/http/json_codec.h"

namespace nbo::bench {
namespace {

constexpr int kTurns = 41;
constexpr int kCallsOfATurn = 2000;

double Microseconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return 1e6 * static_cast<double>(now.tv_sec) + 1e-3 * static_cast<double>(now.tv_nsec);
}

v1::GetOffersResponse MakeResponse() {
  v1::GetOffersResponse response;
  response.set_decision_id("0199f2c8a4b07d3e9c51f60a7b2d4e81");
  response.set_catalog_version(12);
  response.set_tier(v1::ANSWER_TIER_FULL);
  response.set_customer_id("customer-004217");
  response.mutable_decide_time()->set_seconds(1777636800);
  response.mutable_decide_time()->set_nanos(123456000);
  for (int i = 1; i <= 3; ++i) {
    v1::RankedOffer* const offer = response.add_offers();
    offer->set_rank(i);
    offer->set_offer_id("coffee-beans-2for1");
    offer->set_kind(v1::OFFER_KIND_DISCOUNT);
    v1::Treatment* const treatment = offer->mutable_treatment();
    treatment->set_locale("en");
    treatment->set_script("Second bag of beans half price\nToday only");
    treatment->set_title("Two bags of coffee for one and a half");
    treatment->set_body("Your favourite beans: take a second bag and pay half for it, this week in every shop.");
    treatment->set_image_url("/images/coffee.svg");
    offer->set_score(1.2345678901 * i);
    offer->set_reason("You have bought coffee four times since March");
    offer->mutable_valid_until()->set_seconds(1778000000);
    offer->mutable_coupon()->set_code("BEANS50");
    offer->set_attribution_token("0199f2c8a4b07d3e9c51f60a7b2d4e81-1");
  }
  return response;
}

v1::GetOffersRequest MakeRequest() {
  v1::GetOffersRequest request;
  request.mutable_customer()->set_customer_id("customer-004217");
  request.set_channel(v1::CHANNEL_POS);
  request.set_store_id("store-12");
  request.set_terminal_id("till-3");
  request.set_locale("en");
  for (int i = 0; i < 5; ++i) {
    v1::BasketLine* const line = request.add_basket_lines();
    line->set_product_id("product-81234");
    line->set_category("FLUID MILK PRODUCTS");
    line->set_quantity_milli(1000);
    line->set_amount_minor(249);
  }
  return request;
}

struct Way {
  const char* name;
  std::function<void()> call;
  std::vector<double> us;
};

// In turns, so that what disturbs the machine disturbs all.
void Compare(std::vector<Way> ways) {
  for (int turn = 0; turn < kTurns; ++turn) {
    for (Way& way : ways) {
      const double start = Microseconds();
      for (int i = 0; i < kCallsOfATurn; ++i) way.call();
      way.us.push_back((Microseconds() - start) / kCallsOfATurn);
    }
  }
  for (Way& way : ways) {
    std::nth_element(way.us.begin(), way.us.begin() + kTurns / 2, way.us.end());
    std::printf("  %-24s %8.2f us\n", way.name, way.us[kTurns / 2]);
  }
}

void Run() {
  const server::JsonCodec codec({v1::GetOffersRequest::descriptor(), v1::GetOffersResponse::descriptor()});
  const v1::GetOffersResponse response = MakeResponse();
  const std::string request_bytes = MakeRequest().SerializeAsString();
  std::string request_json, out;
  codec.Print(MakeRequest(), &request_json);
  codec.Print(response, &out);
  std::printf("an answer of %zu bytes, %zu in binary, printed\n", out.size(), response.ByteSizeLong());
  Compare({{"JsonCodec", [&] { out.clear(), codec.Print(response, &out); }, {}},
           {"protobuf's", [&] { out.clear(), google::protobuf::util::MessageToJsonString(response, &out).ok(); }, {}},
           {"binary", [&] { response.SerializeToString(&out); }, {}}});
  std::printf("a request of %zu bytes, %zu in binary, parsed\n", request_json.size(), request_bytes.size());
  v1::GetOffersRequest read;
  Compare({{"JsonCodec", [&] { read.Clear(), codec.Parse(request_json, &read, nullptr).IgnoreError(); }, {}},
           {"protobuf's",
            [&] {
              read.Clear();
              if (!google::protobuf::util::JsonStringToMessage(request_json, &read).ok()) std::abort();
            },
            {}},
           {"binary", [&] { read.ParseFromString(request_bytes); }, {}}});
}

}  // namespace
}  // namespace nbo::bench

int main() {
  nbo::bench::Run();
  return 0;
}
