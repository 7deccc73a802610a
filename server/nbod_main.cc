#include "server/app/nbod.h"

int main(int argc, char** argv) { return nbo::server::RunNbod(argc, argv, {}); }
