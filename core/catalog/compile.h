// Checks a catalog draft whole and compiles it.
#ifndef NBO_CORE_CATALOG_COMPILE_H_
#define NBO_CORE_CATALOG_COMPILE_H_

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/civil.h"
#include "core/catalog/catalog.h"
#include "core/catalog/draft.h"

namespace nbo {

struct CompileOptions {
  std::string currency;       // the deployment's; a catalog in another one is refused
  int window_shift_days = 0;  // added to every window
  // Of the publication, in the deployment's zone: for warnings of windows that are over. Absent: none are given.
  std::optional<Day> today = std::nullopt;
};

// A mistake of the author.
struct CatalogMistake {
  Place place;          // of the node concerned
  int text_offset = 0;  // byte of the node's value at which the mistake lies, from 0
  std::string text;     // the node's value if text_offset is meaningful, else empty
  std::string message;  // what is wrong and what to do; names the field
};

// Either the catalog (version 0: whoever publishes it gives the number) or every mistake found, in no order. Pure.
std::variant<std::shared_ptr<Catalog>, std::vector<CatalogMistake>> CompileCatalog(const CatalogDraft& draft,
                                                                                   const CompileOptions& options);

// The formula of a catalog that gives none: what showing the offer is expected to earn. The cost is due if it is
// accepted, and the supplier pays a part of it.
inline constexpr char kDefaultScore[] =
    "offer.propensity * (offer.value - offer.cost + offer.supplier_share * offer.cost) * offer.weight * "
    "context_weight";

// Limits of texts, in characters (code points).
inline constexpr size_t kMaxScriptLines = 2;
inline constexpr size_t kMaxScriptLineChars = 30;
inline constexpr size_t kMaxTitleChars = 60;
inline constexpr size_t kMaxBodyChars = 300;
inline constexpr size_t kMaxImageUrlChars = 256;
inline constexpr size_t kMaxPriceChars = 20;
inline constexpr size_t kMaxCallToActionChars = 30;
inline constexpr size_t kMaxReasonChars = 80;
inline constexpr size_t kMaxNameChars = 100;

}  // namespace nbo

#endif  // NBO_CORE_CATALOG_COMPILE_H_
