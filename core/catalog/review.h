// Looks at a catalog as a whole: does what it refers to exist, will everything in it ever be shown?
#ifndef NBO_CORE_CATALOG_REVIEW_H_
#define NBO_CORE_CATALOG_REVIEW_H_

#include <optional>
#include <vector>

#include "core/base/civil.h"
#include "core/catalog/compile.h"
#include "core/catalog/draft.h"

namespace nbo {

struct ReviewOptions {
  std::optional<Day> today;   // absent: whether windows are over is not looked at
  int window_shift_days = 0;  // as CompileOptions
};

// Mistakes make the catalog useless in part: a rule names a segment that does not exist or can never hold, a placement
// is not declared, a text is longer than its placement takes. Warnings are likely slips that harm nobody else: a group
// of one, a language that other offers have, a window that is over, a rule that is always true, offers alike, a cap on
// contacts that can never bind.
struct CatalogReview {
  std::vector<CatalogMistake> mistakes;
  std::vector<CatalogMistake> warnings;
};

// Reviews a draft beside CompileCatalog, whose mistakes it does not repeat: what is malformed is passed over. Pure.
CatalogReview ReviewCatalog(const CatalogDraft& draft, const ReviewOptions& options);

}  // namespace nbo

#endif  // NBO_CORE_CATALOG_REVIEW_H_
