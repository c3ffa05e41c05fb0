/** The first line of every generated page. */
export const GENERATED = '<!-- Made by "npm run docs" from the code; change it there. -->\n';
