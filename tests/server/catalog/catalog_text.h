// Catalogs as YAML for tests of the server.
#ifndef NBO_TESTS_SERVER_CATALOG_CATALOG_TEXT_H_
#define NBO_TESTS_SERVER_CATALOG_CATALOG_TEXT_H_

#include <string>

#include "absl/strings/str_cat.h"

namespace nbo::server {

// One offer, for everybody known, at the till; `id` is also its script.
inline std::string OfferText(const std::string& id, const std::string& more = "") {
  return absl::StrCat("  - id: ", id, "\n    name: Offer ", id,
                      "\n    kind: discount\n    value: 2\n    cost: 0.5\n    propensity: 0.1\n", more,
                      "    treatments:\n      - {channel: POS, locale: en, script: ", id, "}\n");
}

// A whole catalog around the offers.
inline std::string CatalogYaml(const std::string& offers) {
  return absl::StrCat("catalog: test\ncurrency: USD\ndefault_locale: en\nscore: offer.value - offer.cost\noffers:\n",
                      offers);
}

// A good catalog of one default offer.
inline std::string CatalogOf(const std::string& id) { return CatalogYaml(OfferText(id, "    default: true\n")); }

}  // namespace nbo::server

#endif  // NBO_TESTS_SERVER_CATALOG_CATALOG_TEXT_H_
