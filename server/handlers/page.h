// Pages of lists whose entries have numbers that descend.
#ifndef NBO_SERVER_HANDLERS_PAGE_H_
#define NBO_SERVER_HANDLERS_PAGE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace nbo::server {

inline constexpr int kDefaultPageSize = 100;
inline constexpr int kMaxPageSize = 1000;

struct Page {
  size_t size = 0;
  int64_t before = 0;  // 0: from the beginning
};

// Of a request with page_size and page_token. A token is the number before which the next page begins.
template <typename Request>
absl::StatusOr<Page> ToPage(const Request& request) {
  if (request.page_size() < 0 || request.page_size() > kMaxPageSize) {
    return absl::InvalidArgumentError(
        absl::StrCat("page_size: ", request.page_size(), " is outside 0..", kMaxPageSize));
  }
  Page page;
  page.size = static_cast<size_t>(request.page_size() == 0 ? kDefaultPageSize : request.page_size());
  if (!request.page_token().empty() && (!absl::SimpleAtoi(request.page_token(), &page.before) || page.before <= 0)) {
    return absl::InvalidArgumentError("page_token: is none of this method's; pass next_page_token as it came");
  }
  return page;
}

// Of a list read with one entry more than the page holds: cuts it and gives the token.
template <typename Entry, typename Number>
std::string NextPage(const Page& page, std::vector<Entry>* entries, Number number) {
  if (entries->size() <= page.size) return "";
  entries->resize(page.size);
  return absl::StrCat(number(entries->back()));
}

}  // namespace nbo::server

#endif  // NBO_SERVER_HANDLERS_PAGE_H_
