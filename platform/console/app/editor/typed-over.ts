import { EditorView } from '@codemirror/view';

/**
 * Puts what is typed over a selection in its place. Chromium would do so itself, and carry the colour of what stood there
 * along as an inline style, which the policy of the page refuses and the browser's console reports. What an input method
 * composes can't be taken from the browser; nothing is lost with the style that is refused there.
 */
export const typedOver = EditorView.domEventHandlers({
  beforeinput: (event, view) => {
    const { inputType, data, isComposing } = event;
    if (inputType !== 'insertText' || data === null || isComposing || view.composing) return false;
    if (view.state.readOnly || view.state.selection.main.empty) return false;
    event.preventDefault();
    view.dispatch(view.state.replaceSelection(data), { userEvent: 'input.type', scrollIntoView: true });
    return true;
  },
});
