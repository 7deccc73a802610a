// What a draft is refused for.
#ifndef NBO_TESTS_CORE_CATALOG_COMPILE_MISTAKES_H_
#define NBO_TESTS_CORE_CATALOG_COMPILE_MISTAKES_H_

#include <string>
#include <variant>
#include <vector>

#include "core/catalog/compile.h"

namespace nbo {

// The messages of all mistakes; empty: it compiles.
inline std::vector<std::string> MistakesOf(const CatalogDraft& draft) {
  auto result = CompileCatalog(draft, {"USD", 0});
  std::vector<std::string> messages;
  if (auto* mistakes = std::get_if<std::vector<CatalogMistake>>(&result)) {
    for (const CatalogMistake& mistake : *mistakes) messages.push_back(mistake.message);
  }
  return messages;
}

}  // namespace nbo

#endif  // NBO_TESTS_CORE_CATALOG_COMPILE_MISTAKES_H_
