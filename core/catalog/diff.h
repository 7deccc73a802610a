// What differs between two catalogs, in words.
#ifndef NBO_CORE_CATALOG_DIFF_H_
#define NBO_CORE_CATALOG_DIFF_H_

#include <string>
#include <vector>

#include "core/catalog/draft.h"

namespace nbo {

// "offer 'coffee-2for1'": "value 2.10 -> 2.50", "treatment POS ru: title added". One whose only change is "added" or
// "removed" is there in one of the two only.
struct CatalogChange {
  std::string subject;  // "catalog" for what stands at the top
  std::vector<std::string> changes;
};

// The changes from `before` to `after`: the catalog's own fields, control group, placements, segments, RFM segments,
// experiments, offers, each in the order of `after`, what was removed last. Numbers that are equal and rules that
// differ in white space only are the same; the order of offers is none, those of RFM segments and of variants are.
// Pure.
std::vector<CatalogChange> DiffCatalogs(const CatalogDraft& before, const CatalogDraft& after);

}  // namespace nbo

#endif  // NBO_CORE_CATALOG_DIFF_H_
