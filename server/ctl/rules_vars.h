// The list of what rules may name, from the registry (core/catalog/vocabulary.h).
#pragma once

#include <iosfwd>
#include <string>

namespace nbo::ctl {

// A table for people.
void PrintVocabulary(std::ostream& out);

// {"variables": [{"name", "type", "optional", "unit", "doc", "segment_rules"}], "families": [...], "classes": [...]},
// on one line with a newline.
std::string VocabularyJson();

// core/catalog/VOCABULARY.md.
std::string VocabularyMarkdown();

}  // namespace nbo::ctl
