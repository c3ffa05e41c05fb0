import { errorTable } from '../../content/error.ts';

export const imageError = errorTable({
  IMAGE_USAGE: {
    means: 'The command is not understood.',
    remedy: 'Read npm run images -- --help.',
    exit: 2,
  },
  IMAGE_INPUT_MISSING: {
    means: 'A file that the image is made of does not exist.',
    remedy: 'Make the file first; for dist/code run npm run build.',
    exit: 2,
  },
  IMAGE_TOOL_MISSING: {
    means: 'A program that images are built with is not installed.',
    remedy: 'Build the images on Debian or Ubuntu, where apt-get, apt-cache and dpkg-deb are at hand.',
    exit: 4,
  },
  IMAGE_PACKAGE_UNKNOWN: {
    means: 'The package lists of this machine do not name this Debian package.',
    remedy: 'Run apt-get update as root, then build again; if that does not help, check the sources of apt.',
  },
  IMAGE_PACKAGE_UNAVAILABLE: {
    means: 'The Debian package could not be fetched.',
    remedy: 'Check the network and the sources of apt, run apt-get update as root, then build again.',
  },
  IMAGE_PACKAGE_MISMATCH: {
    means: 'The fetched Debian package is not the one that the signed package lists name.',
    remedy: 'Run apt-get update as root, then build again; if it happens again, do not trust the mirror.',
    exit: 3,
  },
  IMAGE_PATH_UNMATCHED: {
    means: 'The recipe asks for a path that the Debian package does not hold.',
    remedy: 'List the package with dpkg-deb --contents and correct the recipe.',
    exit: 2,
  },
  IMAGE_LIBRARY_MISSING: {
    means: 'A program in the image needs a shared library that none of its packages holds.',
    remedy: 'Name the package with the library in the recipe.',
    exit: 2,
  },
  IMAGE_RECIPE_INVALID: {
    means: 'The image recipe cannot be built.',
    remedy: 'Correct the recipe.',
    exit: 2,
  },
  IMAGE_ARCHITECTURE_UNSUPPORTED: {
    means: 'Images cannot be built for the processor of this machine.',
    remedy: 'Build the images on an x86-64 or arm64 machine.',
    exit: 4,
  },
});
