// The parts of the registry, for vocabulary.cc alone: each appends its words in the order of their slots.
#ifndef NBO_CORE_CATALOG_WORDS_H_
#define NBO_CORE_CATALOG_WORDS_H_

#include <vector>

#include "core/catalog/vocabulary.h"

namespace nbo {

void AppendCustomerWords(std::vector<Word>* words);
void AppendRequestWords(std::vector<Word>* words);
void AppendOfferWords(std::vector<Word>* words);
void AppendFamilies(std::vector<WordFamily>* families);

// The lines of the basket: the first class of every vocabulary.
inline constexpr rules::Type kBasketLine = rules::Type::Object(0);
rules::ObjectClass BasketLineClass();

inline constexpr char kMajorUnits[] = "major currency units";

}  // namespace nbo

#endif  // NBO_CORE_CATALOG_WORDS_H_
