export { compiled } from '../../core/compiled.ts';
