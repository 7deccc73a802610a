// YAML to draft: the structure of the file, every key known, every scalar with its place.
#ifndef NBO_SERVER_CATALOG_YAML_DRAFT_H_
#define NBO_SERVER_CATALOG_YAML_DRAFT_H_

#include <string>
#include <vector>

#include "core/catalog/compile.h"
#include "core/catalog/draft.h"

namespace nbo::server {

// Fills *draft and appends a mistake for every unknown, repeated or missing key and every node of the wrong shape. What
// could not be read is marked in the draft as not given, so that nobody scolds twice. False if the text is no YAML at
// all, with that one mistake, or beyond a limit: the draft is then of no use.
bool DraftFromYaml(const std::string& yaml, CatalogDraft* draft, std::vector<CatalogMistake>* mistakes);

}  // namespace nbo::server

#endif  // NBO_SERVER_CATALOG_YAML_DRAFT_H_
