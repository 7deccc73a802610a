#include "core/budget/move.h"

namespace nbo {

void Apply(const BudgetMove& move, BudgetBook* book) {
  switch (move.kind) {
    case BudgetMove::Kind::kUnspecified: break;
    case BudgetMove::Kind::kReserve: book->Reserve(move.hold); break;
    case BudgetMove::Kind::kPresent: book->Present(move.hold, move.end); break;
    case BudgetMove::Kind::kSettle: book->Settle(move.hold, move.actual_minor, move.supplier_minor); break;
    case BudgetMove::Kind::kRelease: book->Release(move.hold); break;
  }
}

}  // namespace nbo
