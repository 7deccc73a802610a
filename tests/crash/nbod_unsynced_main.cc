// nbod over files that forget, when the process dies, whatever was not synced: kill -9 is a power cut.
#include <memory>

#include "server/app/nbod.h"
#include "tests/faults/faulty_file_system.h"

int main(int argc, char** argv) {
  return nbo::server::RunNbod(argc, argv, {std::make_shared<nbo::FaultyFileSystem>(/*hold_back=*/true)});
}
