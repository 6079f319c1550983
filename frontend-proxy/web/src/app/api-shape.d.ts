/** Changes whenever the types of the API's document do; made by the build. */
declare const __API_SHAPE__: string;
