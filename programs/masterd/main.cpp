#include "service/master/masterd.hpp"

int main(int argc, char** argv) { return postern::service::master::run_masterd(argc, argv); }
